/**
 * npm run bench:records [-- --count 1000000 --samples 1000 --stores sqlite,dynamodb --json FILE]
 *
 * Loads records into each catalog and measures what callers wait for: a get, and pages of 50 by tenant, user, status and
 * tag, at the front and at random places. DynamoDB Local needs Java; it and the bench share the machine, so its figures
 * are of its own work, not of DynamoDB's.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Catalog, ListQuery, NewImage } from '../../src/images/catalog.ts';
import { percentile } from '../statistics.ts';
import { BIG_TENANT, pictureAt, userAt } from './pictures.ts';
import { type Store, stores } from './stores.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    samples: { type: 'string', default: '1000' },
    stores: { type: 'string', default: 'sqlite,dynamodb' },
    json: { type: 'string', default: 'bench/results/records.json' },
  },
});
const count = Number(values.count);
const samples = Number(values.samples);
/** What p99 is to stay below, milliseconds. */
const AIM_MS = 20;
const LOADED_AT_ONCE = 400;
/** Until a virtual machine of Java has compiled what it runs most. */
const WARM_UP = 500;

const now = Date.now();
const clock = { now: () => Date.now() };
async function measure(name: string, store: Store) {
  const started = performance.now();
  const known = await load(store);
  const loadSeconds = (performance.now() - started) / 1000;
  console.log(`${name}: ${count} records loaded in ${loadSeconds.toFixed(0)} s`);
  const latency: Record<string, { p50: number; p99: number }> = {};
  for (const [title, ask] of Object.entries(questions)) {
    for (let round = 0; round < WARM_UP; round += 1) await ask(store.catalog, pick(known));
    const took: number[] = [];
    for (let round = 0; round < samples; round += 1) {
      const one = pick(known);
      const began = performance.now();
      await ask(store.catalog, one);
      took.push(performance.now() - began);
    }
    const row = { p50: rounded(percentile(took, 50)), p99: rounded(percentile(took, 99)) };
    latency[title] = row;
    console.log(
      `${name}: ${title.padEnd(34)} p50 ${row.p50} ms, p99 ${row.p99} ms${row.p99 < AIM_MS ? '' : ' (!)'}`,
    );
  }
  return { loadSeconds: rounded(loadSeconds), latency, loadAverage: rounded(loadavg()[0] ?? Number.NaN) };
}

/** @returns some of what was loaded */
async function load(store: Store): Promise<NewImage[]> {
  const known: NewImage[] = [];
  const every = Math.max(1, Math.floor(count / 5_000));
  let batch: NewImage[] = [];
  for (let number = 0; number < count; number += 1) {
    const image = pictureAt(number, count, now);
    batch.push(image);
    if (number % every === 0) known.push(image);
    if (batch.length < LOADED_AT_ONCE && number < count - 1) continue;
    await store.load(batch);
    batch = [];
    if ((number + 1) % 100_000 === 0) console.error(`${number + 1} loaded`);
  }
  return known;
}

type Ask = (catalog: Catalog, one: NewImage) => Promise<unknown>;

const questions: Readonly<Record<string, Ask>> = {
  get: (catalog, { record }) => catalog.read(record.tenant_id, record.image_id),
  'list, newest 50': list(() => ({})),
  'list, 50 before a random time': list(({ record }) => ({ to: Date.parse(record.upload_time) })),
  'list by user, newest 50': list(() => ({ userId: userAt(Math.floor(Math.random() * count)) })),
  'list by user, before a random time': list(({ record }) => ({
    userId: record.user_id,
    to: Date.parse(record.upload_time),
  })),
  'list of failed, newest 50': list(() => ({ status: 'failed' })),
  'list of ready, newest 50': list(() => ({ status: 'ready' })),
  'list by tag, newest 50': list(() => ({ tags: { env: 'prod' } })),
};

function list(queryOf: (one: NewImage) => Omit<ListQuery, 'limit'>): Ask {
  return (catalog, one) => catalog.list(BIG_TENANT, { limit: 50, ...queryOf(one) });
}

function pick(known: readonly NewImage[]): NewImage {
  const one = known[Math.floor(Math.random() * known.length)];
  if (!one) throw new Error('nothing was loaded');
  return one;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

const asked = values.stores.split(',');
const report: Record<string, unknown> = { node: process.version, count, samples, aimMs: AIM_MS };
for (const name of asked) {
  const open = stores[name];
  if (!open) throw new Error(`there is no store ${name}; there are ${Object.keys(stores).join(', ')}`);
  const store = await open(clock);
  try {
    report[name] = await measure(name, store);
  } finally {
    await store.close();
  }
}
await mkdir(dirname(values.json), { recursive: true });
await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
