import { z } from 'zod';
import { ImageRecord } from '../../images/image.ts';
import { isSettled } from '../../images/states.ts';
import type { Remote } from './remote.ts';
import { patiently, retrying } from './retry.ts';

/** A record as the server tells it; what a newer server adds is kept. */
export const RemoteRecord = ImageRecord.loose();
export type RemoteRecord = z.infer<typeof RemoteRecord>;

export const RecordPage = z.object({
  images: z.array(RemoteRecord),
  next_cursor: z.string().nullish(),
});
export type RecordPage = z.infer<typeof RecordPage>;

export function imagePath(imageId: string): string {
  return `/v1/image/${encodeURIComponent(imageId)}`;
}

export function readRecord(remote: Remote, imageId: string): Promise<RemoteRecord> {
  return remote.json(RemoteRecord, 'GET', imagePath(imageId));
}

/** The record when nothing more will happen to the image by itself: ready, rejected or failed. */
export async function settledRecord(remote: Remote, imageId: string): Promise<RemoteRecord> {
  for (;;) {
    const record = await retrying(
      () => remote.json(RemoteRecord, 'GET', imagePath(imageId), { query: [['wait', 'ready']] }),
      patiently(remote),
    );
    if (isSettled(record.status)) return record;
  }
}

/** Pages of a list, each asked for when the one before has been used. */
export async function* recordPages(
  remote: Remote,
  query: readonly (readonly [string, string])[],
  start: { readonly cursor?: string } = {},
): AsyncGenerator<RecordPage> {
  let { cursor } = start;
  do {
    const place = cursor === undefined ? [] : [['cursor', cursor] as const];
    const page = await retrying(
      () => remote.json(RecordPage, 'GET', '/v1/images', { query: [...query, ...place] }),
      remote,
    );
    yield page;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
