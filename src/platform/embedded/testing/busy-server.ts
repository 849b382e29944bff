import { createHash, randomBytes, randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../images/clock.ts';
import { newImageId } from '../../../images/keys.ts';
import { anEvent, anImage } from '../../../images/testing/images.ts';
import { openEmbedded } from '../platform.ts';

/** What has been acknowledged, one JSON document a line on standard output. */
export type Acknowledged =
  | { kind: 'object'; key: string; sha256: string }
  | { kind: 'image'; imageId: string }
  | { kind: 'message'; dedupeId: string }
  | { kind: 'offset'; imageId: string; offset: number };

const TENANT = 't';
const attributes = { contentType: 'application/octet-stream' };

function acknowledge(what: Acknowledged): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** The byte at a place of any upload here: so that the test knows what must be there. */
export function byteAt(position: number): number {
  return (position * 31 + (position >> 8)) & 0xff;
}

/** Run as a process: writes in every way there is, and says what is acknowledged, until it is killed. */
async function main(dataDir: string): Promise<void> {
  const { objects, catalog, queue, partialUploads } = await openEmbedded({
    dataDir,
    clock: systemClock,
    role: 'server',
  });

  async function putOne(): Promise<void> {
    const bytes = randomBytes(randomInt(200_000));
    const key = `raw/${TENANT}/${newImageId(Date.now())}`;
    await objects.put(key, inPieces(bytes), { attributes, ifAbsent: true });
    acknowledge({ kind: 'object', key, sha256: sha256(bytes) });
  }

  async function putRendering(): Promise<void> {
    const scratch = await objects.scratch();
    const files = Array.from({ length: 4 }, (_, number) => ({
      key: `processed/${TENANT}/${newImageId(Date.now())}/1/${number}`,
      path: join(scratch.path, `${number}`),
      bytes: randomBytes(randomInt(50_000)),
      attributes,
    }));
    for (const { path, bytes } of files) await writeFile(path, bytes);
    await objects.putFiles(files);
    for (const { key, bytes } of files) acknowledge({ kind: 'object', key, sha256: sha256(bytes) });
    await scratch.release();
  }

  async function createOne(): Promise<void> {
    const image = anImage(Date.now(), { tenant_id: TENANT });
    const imageId = image.record.image_id;
    await catalog.create(image, { events: [anEvent(image, Date.now())] });
    acknowledge({ kind: 'image', imageId });
    const work = { v: 1, kind: 'run', tenant_id: TENANT, image_id: imageId, generation: 1 } as const;
    await queue.send(work, { lane: 'interactive', dedupeId: imageId });
    acknowledge({ kind: 'message', dedupeId: imageId });
    // Records are written faster than files: those are to have their share.
    await sleep(2);
  }

  async function uploadOne(): Promise<void> {
    const imageId = newImageId(Date.now());
    const length = randomInt(1, 400_000);
    await partialUploads.start({ tenantId: TENANT, imageId, length });
    for (let offset = 0; offset < length; ) {
      const piece = Buffer.from(
        Array.from({ length: Math.min(randomInt(1, 90_000), length - offset) }, (_, at) =>
          byteAt(offset + at),
        ),
      );
      offset = await partialUploads.append(TENANT, imageId, offset, inPieces(piece));
      acknowledge({ kind: 'offset', imageId, offset });
    }
    const key = `raw/${TENANT}/${imageId}`;
    acknowledge({ kind: 'object', key, ...(await partialUploads.complete(TENANT, imageId, key)) });
    await partialUploads.remove(TENANT, imageId);
  }

  const forever = async (work: () => Promise<void>) => {
    for (;;) await work();
  };
  await Promise.all([putOne, putOne, putRendering, createOne, uploadOne, uploadOne].map(forever));
}

if (process.argv[2] !== undefined && import.meta.main) await main(process.argv[2]);
