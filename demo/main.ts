/**
 * npm run demo [-- --exit]
 *
 * Darkroom's main job on the sample photographs, through its public API: a pipeline with a watermark is put, each
 * photograph is uploaded and followed until it is ready, and its pictures are fetched. The server then stays up.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { formatBytes, formatSaved } from '../src/cli/text/format.ts';
import { Progress } from '../src/cli/text/progress.ts';
import { formatTable } from '../src/cli/text/table.ts';
import { isFailure } from '../src/failures.ts';
import type { ImageRecord } from '../src/images/image.ts';
import { readSettings } from '../src/read-settings.ts';
import { type Service, startService } from '../src/service.ts';

const SAMPLES = fileURLToPath(new URL('../samples', import.meta.url));
const DATA = fileURLToPath(new URL('../data/demo', import.meta.url));

const { values } = parseArgs({ options: { exit: { type: 'boolean', default: false } } });
const apiKey = process.env['DARKROOM_API_KEY'] ?? randomBytes(24).toString('base64url');

const service = await start();
console.log(`Darkroom is listening on ${service.url}\n`);
const results = await processSamples();
printResults(results);
const isGood = results.every(({ record }) => record.status === 'ready');

if (values.exit || !isGood) {
  await service.stop();
  process.exitCode = isGood ? 0 : 1;
} else {
  printWhatNext();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void service.stop());
}

interface Result {
  readonly name: string;
  readonly record: ImageRecord;
  /** from the start of the upload until it was ready, milliseconds */
  readonly tookMs: number;
}

/** On the configured port, or on any free one where that is taken: a demo should not fail over a port. */
async function start(): Promise<Service> {
  const env = {
    ...process.env,
    DARKROOM_API_KEY: apiKey,
    DARKROOM_DATA: process.env['DARKROOM_DATA'] ?? DATA,
  };
  const log = pino({ level: 'warn' }, pino.destination(2));
  const { settings } = readSettings({ env });
  try {
    return await startService(settings, { log });
  } catch (error) {
    if (isFailure(error) || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return startService({ ...settings, listen: { ...settings.listen, port: 0 } }, { log });
  }
}

async function processSamples(): Promise<Result[]> {
  await call('/v1/pipelines/demo', {
    method: 'PUT',
    body: JSON.stringify(await pipeline()),
    headers: { 'content-type': 'application/json' },
  });
  const names = (await readdir(SAMPLES)).filter((name) => /\.(jpe?g|png)$/.test(name)).sort();
  const progress = new Progress({ total: names.length, screen: process.stderr });
  const finished = await Promise.all(
    names.map(async (name) => {
      const result = await processPhoto(name);
      progress.advance();
      return result;
    }),
  );
  progress.end();
  return finished;
}

async function processPhoto(name: string): Promise<Result> {
  const started = performance.now();
  const body = await readFile(join(SAMPLES, name));
  const accepted = await call(`/v1/images?pipeline=demo&filename=${encodeURIComponent(name)}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/octet-stream' },
  });
  const record = await call(`/v1/image/${accepted.image_id}?wait=ready`);
  return { name, record, tookMs: performance.now() - started };
}

/** The default sizes and formats, with a watermark. */
async function pipeline(): Promise<unknown> {
  return JSON.parse(await readFile(new URL('pipeline.json', import.meta.url), 'utf8'));
}

async function call(path: string, init: RequestInit = {}): Promise<ImageRecord> {
  const headers = { ...init.headers, authorization: `Bearer ${apiKey}` };
  const response = await fetch(service.url + path, { ...init, headers });
  if (!response.ok)
    throw new Error(`${init.method ?? 'GET'} ${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as ImageRecord;
}

function printResults(results: readonly Result[]): void {
  const rows = results.map(({ name, record, tookMs }) => {
    const shown = record.variants.filter((variant) => variant.format === 'webp');
    const bytesOut = shown.reduce((sum, variant) => sum + variant.size, 0);
    const original = record.original;
    return [
      name,
      record.status,
      original ? `${original.width} x ${original.height}, ${formatBytes(original.size)}` : '',
      `${shown.length} WebP, ${formatBytes(bytesOut)}`,
      original ? formatSaved(original.size, bytesOut) : '',
      Math.round(tookMs).toString(),
      record.processed_url ?? record.error?.message ?? '',
    ];
  });
  const columns = [
    { title: 'photo' },
    { title: 'status' },
    { title: 'in' },
    { title: 'out' },
    { title: 'saved', align: 'right' },
    { title: 'ms', align: 'right' },
    { title: 'link' },
  ] as const;
  for (const line of formatTable(columns, rows)) console.log(line);
}

function printWhatNext(): void {
  console.log(`
Open a link above: the browser gets the format it likes best. The API is described at ${service.url}/docs.
In another terminal:

  export DARKROOM_URL=${service.url} DARKROOM_API_KEY=${apiKey}
  npx darkroom upload your-photo.jpg --wait
  npx darkroom ls

Ctrl-C stops the server; the images stay in ${DATA} for seven days.`);
}
