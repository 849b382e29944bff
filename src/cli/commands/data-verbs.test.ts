import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inProcess, SAMPLES } from '../testing/cli.ts';
import { filesUnder, TestService } from '../testing/service.ts';

/** The verbs that work on the data of this machine, told as the life of one small installation. */

let folder: string;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-data-'));
  service = await TestService.start(join(folder, 'data'), { DARKROOM_SWEEP_INTERVAL: '1h' });
  const steps = [
    { step: 'resize', variants: [{ name: 'small', width: 32 }] },
    { step: 'convert', outputs: [{ format: 'webp', effort: 0 }] },
  ];
  for (const [name, retention] of Object.entries({ lasting: '1d', fleeting: '1s' })) {
    const file = join(folder, `${name}.json`);
    await writeFile(file, JSON.stringify({ name, retention, steps }));
    await service.json(['pipelines', 'put', file]);
  }
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const { code, stdout, stderr } = await inProcess([...args, '--json'], { env: { ...service.env, ...env } });
  return { code, stderr, document: JSON.parse(stdout) };
};
const objects = (data: string) => filesUnder(join(folder, data, 'objects'));

it('backup and restore, while the service runs', async () => {
  await service.json(['upload', SAMPLES, '--pipeline', 'lasting', '--wait']);
  const backup = join(folder, 'backup');
  const made = await run(['backup', backup]);
  expect(made).toMatchObject({ code: 0, document: { images: 5, objects: 10, damaged: [] } });
  expect(await run(['backup', backup])).toMatchObject({
    code: 1,
    document: { error: { code: expect.any(String) } },
  });

  const restored = { DARKROOM_DATA: join(folder, 'restored') };
  expect(await run(['restore', backup], restored)).toMatchObject({ code: 0, document: { objects: 10 } });
  expect(await run(['verify'], restored)).toMatchObject({
    code: 0,
    document: { sound: true, images: 5, objects: 10 },
  });
  expect(await objects('restored')).toEqual(await objects('data'));
  expect(await run(['restore', backup], restored)).toMatchObject({ code: 1 });

  const noted = async (env = {}) => {
    const { document } = await run(['audit', '--tenant', '_service', '--limit', '2'], env);
    return document.entries.map(({ action, outcome, actor }: Record<string, { id: string }>) => {
      return `${actor?.id}: ${action} ${outcome}`;
    });
  };
  expect(await noted()).toEqual(['local: data.backup failed', 'local: data.backup allowed']);
  expect(await noted(restored)).toEqual(['local: data.restore failed', 'local: data.restore allowed']);
});

it('sweep deletes what has expired, and only that', async () => {
  const before = await objects('data');
  const { results } = await service.json(['upload', join(SAMPLES, 'rocket.jpg'), '--pipeline', 'fleeting']);
  const [{ image_id, record }] = results;
  await sleep(Math.max(0, Date.parse(record.expires_at) - Date.now()) + 50);
  const { code, document } = await run(['sweep']);
  expect({ code, expired: document.expired, faults: document.faults }).toEqual({
    code: 0,
    expired: [image_id],
    faults: [],
  });
  expect(await objects('data')).toEqual(before);
  expect(await run(['sweep'])).toMatchObject({ code: 0, document: { expired: [], objects_deleted: 0 } });
});

it('reconcile tells of an object without a record, and removes it when it may', async () => {
  const orphan = `raw/main/${'0197a1c2-3b4d-7e5f-8a6b-0123456789ab'}`;
  const path = join(folder, 'data/objects', orphan);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, 'left behind');
  await utimes(path, new Date(0), new Date(0));
  const kinds = ({ findings }: { findings: { kind: string; keys: string[]; done: string }[] }) =>
    findings.map(({ kind, keys, done }) => [kind, keys[0], done]);

  const looked = await run(['reconcile', '--dry-run']);
  expect(kinds(looked.document)).toEqual([['orphan_object', orphan, 'none']]);
  expect(await objects('data')).toContain(orphan);
  const { stdout } = await inProcess(['reconcile', '--dry-run'], { env: service.env });
  expect(stdout).toMatch(/1 disagreement found, nothing changed/);

  const mended = await run(['reconcile']);
  expect(kinds(mended.document)).toEqual([['orphan_object', orphan, 'deleted']]);
  expect(await objects('data')).not.toContain(orphan);
  expect((await run(['reconcile'])).document.findings).toEqual([]);
});

it('reconcile leaves alone what is young, unless it is told not to', async () => {
  const path = join(folder, 'data/objects/raw/main/0197a1c2-3b4d-7e5f-8a6b-0123456789ab');
  await writeFile(path, 'left behind');
  expect((await run(['reconcile'])).document.findings).toEqual([]);
  expect((await run(['reconcile', '--grace', '0s'])).document.findings).toHaveLength(1);
  expect((await run(['reconcile', '--grace', 'soon'])).code).toBe(2);
});

it('verify names an object that changed, and one that is missing', async () => {
  expect(await run(['verify'])).toMatchObject({ code: 0, document: { sound: true, images: 5 } });
  const names = (await objects('data')).filter((name) => name.startsWith('raw/'));
  const [changed = '', missing = ''] = names;
  const path = join(folder, 'data/objects', changed);
  const bytes = await readFile(path);
  bytes[1000] = (bytes[1000] ?? 0) ^ 1;
  await writeFile(path, bytes);
  await rm(join(folder, 'data/objects', missing));

  const { code, document } = await run(['verify']);
  expect(code).toBe(1);
  expect(document).toMatchObject({ sound: false, database: [] });
  const problems = document.problems.map(({ kind, key }: { kind: string; key: string }) => [kind, key]);
  expect(problems.sort()).toEqual([
    ['damaged', changed],
    ['missing', missing],
  ]);
  const { stdout } = await inProcess(['verify'], { env: service.env });
  expect(stdout).toContain(changed);
  expect(stdout).toContain('2 problems');
});

it('none of them makes an installation where there is none', async () => {
  const DARKROOM_DATA = join(folder, 'nowhere');
  for (const args of [['sweep'], ['reconcile'], ['verify'], ['backup', join(folder, 'backup-2')]]) {
    const { code, document } = await run(args, { DARKROOM_DATA });
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(document.error.message).toContain('nowhere');
  }
  expect(
    await filesUnder(folder).then((names) => names.filter((name) => name.startsWith('nowhere'))),
  ).toEqual([]);
});
