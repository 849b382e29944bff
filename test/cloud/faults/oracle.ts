import { setTimeout as sleep } from 'node:timers/promises';
import { sentEvents } from '../../../src/http/testing/sent-events.ts';
import { accepted } from '../../harness/uploads.ts';
import type { Client, Image } from '../../life/client.ts';
import type { History } from './history.ts';

const UNDER_WAY = ['awaiting_upload', 'received', 'processing'];
/** The default pipeline: three sizes, each as JPEG and WebP. */
const VARIANTS = 6;

/** Waits until every acknowledged image has come to its end. @returns all images that there are */
export async function drained(client: Client, history: History, patienceMs: number): Promise<Image[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const images = await client.listed('limit=200');
    const settled = new Set(
      images.flatMap(({ status, original }) =>
        original && !UNDER_WAY.includes(status) ? [original.sha256] : [],
      ),
    );
    const waiting = [...history.acknowledged.keys()].filter((sha256) => !settled.has(sha256));
    if (waiting.length === 0 || performance.now() > until) return images;
    await sleep(1_000);
  }
}

/** One sentence for each broken promise. */
export function brokenPromises(images: readonly Image[], { acknowledged, attempted }: History): string[] {
  const bySha256 = Map.groupBy(images, ({ original }) => original?.sha256 ?? '');
  const lost = [...acknowledged].flatMap(([sha256, { way, photo }]) => {
    const about = `${way}: ${photo.filename}`;
    const found = bySha256.get(sha256) ?? [];
    if (found.length !== 1) return [`${about} became ${found.length} images`];
    const [image] = found;
    if (image?.status !== 'ready') return [`${about} is ${image?.status} (${image?.error?.code})`];
    return image.variants.length === VARIANTS ? [] : [`${about} has ${image.variants.length} variants`];
  });
  const strange = [...bySha256].flatMap(([sha256, found]) => [
    ...(sha256 !== '' && !attempted.has(sha256) ? [`an image of bytes that nobody sent: ${sha256}`] : []),
    ...(!acknowledged.has(sha256) && sha256 !== '' && found.length > 1
      ? [`${found.length} images of one file that was not acknowledged`]
      : []),
  ]);
  return [...lost, ...strange];
}

/** How often each image was told to be ready: the whole event log, read as a client reads it. */
export async function timesReady(client: Client, wanted: ReadonlySet<string>): Promise<Map<string, number>> {
  const leaving = new AbortController();
  // An event that never was: all that is kept follows.
  const headers = { 'last-event-id': 'from-the-beginning' };
  const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(120_000)]);
  const response = await accepted(await client.fetch('/v1/events', { headers, signal }));
  const times = new Map<string, number>();
  const missing = new Set(wanted);
  let quiet: NodeJS.Timeout | undefined;
  try {
    for await (const { event, data } of sentEvents(response)) {
      if (event === 'image.ready') {
        const { image_id: imageId } = JSON.parse(data) as { image_id: string };
        times.set(imageId, (times.get(imageId) ?? 0) + 1);
        missing.delete(imageId);
      }
      clearTimeout(quiet);
      if (missing.size === 0) quiet = setTimeout(() => leaving.abort(), 3_000);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(quiet);
  }
  return times;
}
