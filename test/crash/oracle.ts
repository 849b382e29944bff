import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { concurrently } from '../harness/concurrently.ts';
import type { History } from '../harness/load.ts';
import type { TestServer } from '../harness/server.ts';
import { accepted } from '../harness/uploads.ts';

/** What an image has to have in the end: `{variant}.{format}`, of the default pipeline. */
const VARIANTS = ['thumbnail', 'medium', 'large'].flatMap((name) => [`${name}.jpeg`, `${name}.webp`]).sort();
const SETTLED = ['ready', 'rejected', 'failed'];

/** An image as the API answers it; only what is looked at here. */
interface Image {
  readonly image_id: string;
  readonly status: string;
  readonly original?: { readonly sha256: string; readonly filename: string };
  readonly variants: readonly { readonly name: string; readonly format: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** How long it may be quiet before what is still missing counts as lost, milliseconds. */
const LONGEST_QUIET = 10_000;

/**
 * Waits until as many images as were sent have come to their end, or until nothing happens any more.
 * @returns `stuck` names images that were still under way after `patienceMs`
 */
export async function drain(
  server: TestServer,
  sent: number,
  patienceMs: number,
): Promise<{ tookMs: number; stuck: string[] }> {
  const started = performance.now();
  let busyAt = started;
  for (;;) {
    const images = await listAll(server);
    const waiting = images.filter(({ status }) => status === 'received' || status === 'processing');
    const settled = images.filter(({ status }) => SETTLED.includes(status));
    const now = performance.now();
    if (waiting.length > 0) busyAt = now;
    const isDone = waiting.length === 0 && (settled.length >= sent || now - busyAt > LONGEST_QUIET);
    if (isDone || now - started > patienceMs) {
      const stuck = waiting.map(({ image_id, status }) => `stuck: ${image_id} is ${status}`);
      return { tookMs: now - started, stuck };
    }
    await sleep(250);
  }
}

/**
 * Compares what the server has with what its clients were told. Answers one sentence for each broken promise.
 */
export async function brokenPromises(server: TestServer, history: History): Promise<string[]> {
  const images = await listAll(server);
  const byId = new Map(images.map((image) => [image.image_id, image]));
  const acknowledged = await concurrently(
    history.acknowledged,
    8,
    async ({ way, imageId, sha256, isBroken }) => {
      const image = byId.get(imageId);
      if (!image) return `lost: ${imageId}, acknowledged (${way})`;
      const wrong = isBroken ? wrongWithBroken(image) : await wrongWithGood(server, image, sha256);
      return wrong && `${way}: ${imageId} ${wrong}`;
    },
  );
  return [
    ...acknowledged.filter((wrong) => wrong !== undefined),
    ...history.refused.map((problem) => `refused: ${problem}`),
    ...wrongNumbers(images, history),
    ...(await wrongDrops(server, images, history)),
  ];
}

function wrongWithBroken({ status, error }: Image): string | undefined {
  return status === 'rejected' ? undefined : `is broken, but ${status} (${error?.code})`;
}

async function wrongWithGood(server: TestServer, image: Image, sha256: string): Promise<string | undefined> {
  if (image.status !== 'ready') return `is ${image.status}: ${image.error?.code} ${image.error?.message}`;
  const made = image.variants.map(({ name, format }) => `${name}.${format}`).sort();
  if (made.join() !== VARIANTS.join()) return `has variants ${made.join()}`;
  if (image.original?.sha256 !== sha256) return `has the record of other bytes, ${image.original?.sha256}`;
  const original = await accepted(await server.fetch(`/v1/image/${image.image_id}/original`));
  const stored = createHash('sha256')
    .update(Buffer.from(await original.arrayBuffer()))
    .digest('hex');
  return stored === sha256 ? undefined : `gives an original with SHA-256 ${stored}`;
}

/** Every file once; nothing that nobody sent. */
function wrongNumbers(images: readonly Image[], { attempted }: History): string[] {
  const copies = new Map<string, number>();
  for (const { original } of images) {
    if (original) copies.set(original.sha256, (copies.get(original.sha256) ?? 0) + 1);
  }
  return [...copies].flatMap(([sha256, count]) => [
    ...(count > 1 ? [`${count} images out of one file, ${sha256}`] : []),
    ...(attempted.has(sha256) ? [] : [`an image of bytes that nobody sent, ${sha256}`]),
  ]);
}

async function wrongDrops(
  server: TestServer,
  images: readonly Image[],
  { dropped }: History,
): Promise<string[]> {
  const bySha256 = new Map(images.map((image) => [image.original?.sha256, image]));
  const wrongs = await concurrently(dropped, 8, async ({ filename, sha256 }) => {
    const image = bySha256.get(sha256);
    if (!image) return `lost: ${filename}, dropped into the inbox`;
    const wrong = await wrongWithGood(server, image, sha256);
    return wrong && `folder: ${image.image_id} ${wrong}`;
  });
  return wrongs.filter((wrong) => wrong !== undefined);
}

export async function listAll(server: TestServer): Promise<Image[]> {
  const all: Image[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await accepted(await server.fetch(`/v1/images?limit=200${page}`));
    const body = (await response.json()) as { images: Image[]; next_cursor?: string | null };
    all.push(...body.images);
    cursor = body.next_cursor ?? undefined;
  }
  return all;
}
