import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SAMPLES } from '../testing/cli.ts';
import { TestService } from '../testing/service.ts';

let folder: string;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-access-'));
  service = await TestService.start(join(folder, 'data'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

it('keys: makes one that opens what it is for, lists it, revokes it', async () => {
  expect(await service.cli(['keys'])).toMatchObject({ code: 0, stdout: 'There are none.\n' });
  const made = await service.cli([
    'keys',
    'add',
    'the hall',
    '-r',
    'editor',
    '-s',
    'images:read',
    '--expires',
    '1h',
  ]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(/^dr_live_[0-9A-Za-z]{61}\n$/);
  const env = { DARKROOM_API_KEY: made.stdout.trim() };
  expect(await service.cli(['ls'], env)).toMatchObject({ code: 0 });
  const refused = await service.cli(['upload', join(SAMPLES, 'rocket.jpg')], env);
  expect(refused.code).toBe(1);
  expect(refused.stderr + refused.stdout).toContain('images:upload');

  const { keys } = await service.json(['keys']);
  expect(keys).toMatchObject([{ name: 'the hall', role: 'editor', scopes: ['images:read'] }]);
  expect((await service.cli(['keys', 'ls'])).stdout).toContain('the hall');
  expect(await service.cli(['keys', 'rm', keys[0].id, 'nothing'])).toMatchObject({ code: 1 });
  expect(await service.cli(['ls'], env)).toMatchObject({ code: 1 });
});

it('users: invites and lists', async () => {
  expect(await service.cli(['users'])).toMatchObject({ code: 0, stdout: 'There is nobody yet.\n' });
  const invited = await service.cli(['users', 'invite', 'Ada@example.com', '--role', 'viewer']);
  expect(invited).toMatchObject({ code: 0, stdout: 'ada@example.com is invited as viewer\n' });
  const suspended = await service.cli(['users', 'suspend', 'nobody']);
  expect(suspended.code).toBe(1);
  expect(suspended.stderr).toContain('no person nobody');
});

const misused: [args: string[], words: string][] = [
  [['keys', 'add'], 'what the key is for'],
  [['keys', 'add', 'x'], '--role'],
  [['keys', 'add', 'x', '-r', 'viewer', '--expires', 'soon'], '--expires'],
  [['keys', 'rm'], 'the id of the key'],
  [['keys', 'ls', 'x'], 'Too much'],
  [['users', 'invite', 'a@b.example'], '--role'],
  [['users', 'role', 'x'], '--role'],
  [['users', 'suspend'], 'the id of the person'],
  [['users', 'ls', 'x'], 'Too much'],
];
it.each(misused)('%j says what is missing', async (args, words) => {
  const finished = await service.cli(args);
  expect(finished.code).toBe(2);
  expect(finished.stderr).toContain(words);
});
