import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestService } from '../testing/service.ts';

let folder: string;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-tenant-'));
  service = await TestService.start(join(folder, 'data'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

it('shows and sets the settings of a tenant', async () => {
  const set = ['delivery=signed', 'retention=30d', 'cors_origins=https://a.example,https://b.example'];
  expect(await service.json(['tenant', 'set', ...set, 'quotas.images_per_day=7'])).toMatchObject({
    delivery: 'signed',
    retention: '30d',
    cors_origins: ['https://a.example', 'https://b.example'],
    quotas: { images_per_day: 7, bytes_stored: null },
  });
  const { stdout } = await service.cli(['tenant', 'set', 'retention=none', 'quotas.images_per_day=none']);
  expect(stdout).toMatch(/^retention +as the service has it$/m);
  expect(stdout).toMatch(/^quotas\.images_per_day +none$/m);
  expect((await service.cli(['tenant'])).stdout).toMatch(/^delivery +signed$/m);
});

it('rotates signing keys, and prints a secret once', async () => {
  expect((await service.cli(['tenant', 'keys'])).stdout).toContain('There are none yet');
  const first = await service.json(['tenant', 'keys', 'add']);
  const second = await service.json(['tenant', 'keys', 'add', '--inactive']);
  expect([first.active, second.active]).toEqual([true, false]);
  expect(await service.cli(['tenant', 'keys', 'rm', first.id])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('signing_key_active'),
  });
  await service.json(['tenant', 'keys', 'activate', second.id, '--previous-ends-in', '7d']);
  const { stdout } = await service.cli(['tenant', 'keys', 'ls']);
  expect(stdout).toMatch(new RegExp(`^${first.id} +\\S+ \\S+ +verifies +\\S+ \\S+$`, 'm'));
  expect(stdout).toMatch(new RegExp(`^${second.id} +\\S+ \\S+ +signs and verifies$`, 'm'));
  expect(stdout).not.toContain(first.secret);
  expect(await service.json(['tenant', 'keys', 'rm', first.id])).toEqual({ removed: first.id });
});

it.each([
  [['set'], 'Something is missing: what to set'],
  [['set', 'delivery'], 'is not name=value'],
  [['sett'], 'Did you mean set?'],
  [['keys', 'remove'], 'It is one of ls, add, activate, rm'],
  [['keys', 'rm'], 'Something is missing: the id of the key'],
  [['keys', 'add', '--previous-ends-in', '7'], '--previous-ends-in must be a time'],
  [['get', 'all'], 'Too much: "all"'],
])('%j is not understood', async (args, words) => {
  const { code, stderr } = await service.cli(['tenant', ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
});

it('says what the server refuses', async () => {
  const { code, stderr } = await service.cli(['tenant', 'set', 'delivery=secret']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('delivery: must be public or signed')]);
});
