import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inProcess, SAMPLES } from '../testing/cli.ts';
import { KEY, TestService } from '../testing/service.ts';

/** The verbs about the trail, told as the life of one small installation that somebody breaks into in the end. */

let folder: string;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-audit-'));
  service = await TestService.start(join(folder, 'data'));
  await service.json(['upload', join(SAMPLES, 'rocket.jpg'), '--wait']);
  await service.json(['upload', join(SAMPLES, 'coffee.png'), '--wait']);
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);
const run = (...args: string[]) => inProcess(args, { env: service.env });
async function save(name: string, ...args: string[]): Promise<void> {
  const { code, stdout } = await run(...args);
  expect(code).toBe(0);
  await writeFile(at(name), stdout);
}
const offline = (...args: string[]) =>
  inProcess(['audit', 'verify', ...args], { env: { DARKROOM_DATA: at('none') } });

it('lists what was done, and by whom', async () => {
  const { code, stdout } = await run('audit', '--action', 'image.upload', '--json');
  expect(code).toBe(0);
  const { entries } = JSON.parse(stdout);
  expect(entries).toHaveLength(2);
  expect(entries[0]).toMatchObject({ actor: { id: 'owner' }, address: '127.0.0.1' });
  expect((await run('audit', '--outcome', 'maybe')).code).toBe(2);
});

it('exports, and an export proves itself on another machine', async () => {
  await save('trail.jsonl', 'audit', 'export');
  await save('anchor.jsonl', 'audit', 'anchor');
  await save('keys.json', 'audit', 'keys');
  expect(await offline(at('trail.jsonl'))).toMatchObject({ code: 0 });
  const anchored = await offline(
    at('trail.jsonl'),
    '--anchor',
    at('anchor.jsonl'),
    '--keys',
    at('keys.json'),
  );
  expect(anchored).toMatchObject({ code: 0, stdout: expect.stringContaining('signed up to entry') });
});

it('takes note of what is done to the data of this machine', async () => {
  expect((await run('sweep')).code).toBe(0);
  const { stdout } = await run('audit', '--tenant', '_service', '--json');
  expect(JSON.parse(stdout).entries[0]).toMatchObject({ action: 'data.sweep', actor: { id: 'local' } });
});

it('names the first bad entry of an export', async () => {
  const lines = (await readFile(at('trail.jsonl'), 'utf8')).trimEnd().split('\n');
  await writeFile(at('altered.jsonl'), lines.with(1, lines[1]?.replace('"owner"', '"eve"') ?? '').join('\n'));
  expect(await offline(at('altered.jsonl'))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('entry 2 is bad (altered)'),
  });
  await writeFile(at('cut.jsonl'), lines.slice(0, -1).join('\n'));
  expect(await offline(at('cut.jsonl'))).toMatchObject({ code: 0 });
  expect(await offline(at('cut.jsonl'), '--anchor', at('anchor.jsonl'))).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('truncated'),
  });
});

it('checks the receipt of an erasure without data and without a server', async () => {
  const headers = { authorization: `Bearer ${KEY}` };
  const uploaded = await fetch(`${service.url}/v1/audit?limit=1`, { headers });
  expect(uploaded.status).toBe(200);
  const answer = await fetch(`${service.url}/v1/users/owner`, { method: 'DELETE', headers });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  await writeFile(at('receipt.json'), text);
  const check = (file: string) =>
    inProcess(['receipt', 'verify', at(file), '--keys', at('keys.json')], {
      env: { DARKROOM_DATA: at('none') },
    });
  expect(await check('receipt.json')).toMatchObject({ code: 0, stdout: expect.stringContaining('2 images') });
  await writeFile(at('forged.json'), text.replace('"objects":', '"objects":1'));
  expect(await check('forged.json')).toMatchObject({ code: 1 });
  expect((await inProcess(['receipt', 'verify', at('receipt.json')], { env: service.env })).code).toBe(0);
});

it('verifies the data here, also against heads that were kept outside the database', async () => {
  expect(await run('audit', 'verify')).toMatchObject({ code: 0 });
  await service.stop();
  const kept = await readFile(join(folder, 'data', 'audit-checkpoints.jsonl'), 'utf8');
  expect(kept).toContain('"tenant_id":"main"');

  // Somebody with all rights over the database, who leaves no seam in it.
  const database = new DatabaseSync(join(folder, 'data', 'darkroom.db'));
  database.exec(`DROP TRIGGER audit_never_forgets;
    DELETE FROM audit_entries WHERE seq > 2; DELETE FROM audit_checkpoints;
    UPDATE audit_heads SET seq = 2, hash = (SELECT entry ->> '$.hash' FROM audit_entries WHERE seq = 2 AND tenant_id = 'main')
      WHERE tenant_id = 'main'`);
  database.close();
  expect(await run('audit', 'verify')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('main: entry 3 is bad (truncated)'),
  });
});
