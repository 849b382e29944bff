import type { TestServer } from '../harness/server.ts';
import { accepted, Refused } from '../harness/uploads.ts';

/** An image as the API answers it; only what is looked at here. */
export interface ImageSeen {
  readonly image_id: string;
  readonly status: string;
  readonly original?: { readonly filename: string; readonly content_type: string; readonly sha256: string };
  readonly variants: readonly { readonly name: string; readonly format: string; readonly url: string }[];
  readonly steps: readonly { readonly name: string; readonly note?: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Sends a file as the body of a request. @throws Refused */
export async function sendDirectly(
  server: TestServer,
  { name, bytes, type = 'application/octet-stream' }: { name: string; bytes: Buffer; type?: string },
  query = '',
): Promise<ImageSeen> {
  const response = await server.fetch(`/v1/images?filename=${encodeURIComponent(name)}${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  });
  return (await (await accepted(response)).json()) as ImageSeen;
}

/** The record once nothing more happens to it by itself. */
export async function settled(server: TestServer, imageId: string): Promise<ImageSeen> {
  for (;;) {
    const response = await accepted(await server.fetch(`/v1/image/${imageId}?wait=ready`));
    const image = (await response.json()) as ImageSeen;
    if (['ready', 'rejected', 'failed'].includes(image.status)) return image;
  }
}

/** How a file ends: `ready`, or the code of the refusal, whether at the door or by the pipeline. */
export async function outcomeOf(send: () => Promise<ImageSeen>, server: TestServer): Promise<string> {
  try {
    const { image_id: imageId } = await send();
    const image = await settled(server, imageId);
    return image.status === 'ready' ? 'ready' : `${image.error?.code}`;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}
