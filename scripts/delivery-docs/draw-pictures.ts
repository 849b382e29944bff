import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type Picture, pictures } from '../../src/delivery/grammar/documentation.ts';
import type { Example } from '../../src/delivery/grammar/parameter.ts';
import { parseDelivery } from '../../src/delivery/grammar/parse.ts';
import { planDelivery } from '../../src/delivery/plan/plan-delivery.ts';
import type { DeliveryRequest } from '../../src/delivery/request.ts';
import { startRendererPool } from '../../src/pipeline/renderer-pool.ts';
import type { Renderers } from '../../src/pipeline/renderers.ts';
import { estimateBytes } from '../../src/pixels/cost.ts';
import { PICTURE_FORMATS, type ProbeLimits } from '../../src/pixels/picture.ts';

/** Bytes of the largest picture: nobody waits for a page of documentation. */
const MOST_BYTES = 15_000;
/** Of all of them together. */
const MOST_BYTES_IN_ALL = 1_500_000;

const LIMITS: ProbeLimits = { formats: PICTURE_FORMATS, megapixels: 50, megapixelsByFormat: {} };

/**
 * Renders all pictures of the documentation, in renderer processes as they answer requests, and removes those that it
 * shows no more.
 *
 * @throws Error where they would be too many bytes
 */
export async function drawPictures(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'darkroom-docs-'));
  const renderers = startRendererPool({
    processes: 2,
    deadlineMs: 30_000,
    memoryBytes: 2 ** 30,
    maxRssBytes: 2 ** 30,
  });
  try {
    const studio = { renderers, scratch, logo: await drawLogo(scratch) };
    await drawSources(studio);
    await Promise.all(pictures.map((picture) => drawPicture(studio, picture, folder)));
  } finally {
    await renderers.close();
    await rm(scratch, { recursive: true, force: true });
  }
  await removeOthers(folder);
  await assertSmallInAll(folder);
}

interface Studio {
  readonly renderers: Renderers;
  readonly scratch: string;
  /** local file of the watermark that examples call {image_id} */
  readonly logo: string;
}

async function drawPicture(studio: Studio, { name, example }: Picture, folder: string): Promise<void> {
  const made = await answer(studio, name, example).catch((cause: unknown) => {
    throw new Error(`${name}: ${example.query} could not be drawn`, { cause });
  });
  await writeFile(join(folder, `${name}.webp`), await asSmallWebp(name, made));
}

/** Bytes that the example is answered with. */
async function answer({ renderers, scratch, logo }: Studio, name: string, example: Example): Promise<Buffer> {
  const sourcePath = await photoPath(scratch, example.photo ?? 'chelsea');
  const probe = await renderers.probe(sourcePath, LIMITS);
  const request = asNegotiated(parseDelivery(example.query));
  const { plan } = planDelivery({ request, probe, sourcePath, markPath: logo });
  const outDir = await mkdtemp(join(scratch, `${name}-`));
  const { outputs } = await renderers.render(plan, { outDir, estimatedBytes: estimateBytes(probe, plan) });
  const [output, ...others] = outputs;
  if (!output || others.length > 0) throw new Error('a delivery is one picture');
  return readFile(output.path);
}

/** Where the example leaves the format open: what a browser would have got. */
function asNegotiated(request: DeliveryRequest): DeliveryRequest {
  return request.output.format ? request : { ...request, output: { ...request.output, format: 'webp' } };
}

const SAMPLES = fileURLToPath(new URL('../../samples/', import.meta.url));

async function photoPath(scratch: string, photo: string): Promise<string> {
  for (const folder of [SAMPLES, scratch]) {
    const file = (await readdir(folder)).find((candidate) => candidate.startsWith(`${photo}.`));
    if (file !== undefined) return join(folder, file);
  }
  throw new Error(`there is no photograph ${photo}`);
}

/** What no sample is: a photograph with an even border, and one that moves. */
async function drawSources(studio: Studio): Promise<void> {
  const { scratch } = studio;
  const draw = (name: string, query: string) => answer(studio, name, { query: `${query}&fm=png` });
  await writeFile(join(scratch, 'framed.png'), await draw('framed', 'pad=60&bg=008080'));
  const frames = await Promise.all(
    ['flip=h', 'sat=-100', 'invert=true'].map((query) => draw('frame', `w=240&${query}`)),
  );
  await sharp(frames, { join: { animated: true } })
    .gif()
    .toFile(join(scratch, 'moving.gif'));
}

/** Pages show WebP; an example of another format is shown as closely as the bytes allow. */
async function asSmallWebp(name: string, made: Buffer): Promise<Buffer> {
  const { format } = await sharp(made).metadata();
  if (format === 'webp' && made.length <= MOST_BYTES) return made;
  for (const quality of [90, 80, 70, 60, 50, 40]) {
    const bytes = await sharp(made).webp({ quality, effort: 6 }).toBuffer();
    if (bytes.length <= MOST_BYTES) return bytes;
  }
  throw new Error(`${name} does not fit in ${MOST_BYTES} bytes: make the example smaller`);
}

const LOGO = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64">
  <rect width="96" height="64" rx="10" fill="#b5122f"/>
  <circle cx="48" cy="32" r="22" fill="none" stroke="#fff" stroke-width="6"/>
  <path d="M48 16v16l14 8" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round"/>
</svg>`;

async function drawLogo(folder: string): Promise<string> {
  const path = join(folder, 'logo.png');
  await sharp(Buffer.from(LOGO)).png().toFile(path);
  return path;
}

async function removeOthers(folder: string): Promise<void> {
  const shown = new Set(pictures.map(({ name }) => `${name}.webp`));
  const others = (await readdir(folder)).filter((file) => !shown.has(file));
  for (const file of others) await rm(join(folder, file));
}

async function assertSmallInAll(folder: string): Promise<void> {
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size),
  );
  const inAll = sizes.reduce((sum, size) => sum + size, 0);
  if (inAll > MOST_BYTES_IN_ALL) throw new Error(`the pictures have ${inAll} bytes in all: too many`);
}
