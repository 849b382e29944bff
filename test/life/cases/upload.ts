import type { Photo } from '../../harness/photos.ts';
import { accepted } from '../../harness/uploads.ts';
import type { Client, Image } from '../client.ts';

export interface UploadWishes {
  readonly pipeline?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
}

/** `POST /v1/images` with the bytes as they are; any answer. */
export function post(client: Client, photo: Photo, wishes: UploadWishes = {}): Promise<Response> {
  const { pipeline, tags = {}, idempotencyKey } = wishes;
  const query = new URLSearchParams({
    filename: photo.filename,
    ...(pipeline !== undefined && { pipeline }),
    ...Object.fromEntries(Object.entries(tags).map(([name, value]) => [`tag.${name}`, value])),
  });
  return client.fetch(`/v1/images?${query}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    body: new Uint8Array(photo.bytes),
  });
}

/** Sends it and does not wait. @throws Refused */
export async function upload(client: Client, photo: Photo, wishes: UploadWishes = {}): Promise<Image> {
  return (await (await accepted(await post(client, photo, wishes))).json()) as Image;
}

/** Sends it and waits for the end of its run. */
export async function processed(client: Client, photo: Photo, wishes: UploadWishes = {}): Promise<Image> {
  return await client.settled((await upload(client, photo, wishes)).image_id);
}
