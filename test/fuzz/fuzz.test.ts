import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer } from '../harness/server.ts';
import type { MadeRequest } from './calls.ts';
import { described, fuzz } from './fuzz.ts';
import { faultOf } from './judge.ts';

let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-fuzz-'));
  server = await TestServer.start({
    dataDir: folder,
    env: { DARKROOM_RATE_LIMIT: 'off', DARKROOM_RENDERERS: '1' },
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('answers whatever comes, to whomever, with what it documents', async () => {
  const { faults, sent } = await fuzz(server, { requests: 400, seed: 20261120 });
  expect(faults.map(described)).toEqual([]);
  expect(sent).toBe(400);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
}, 60_000);

it.each([
  ['a fault', 500, 'application/problem+json', '{"status":500,"code":"internal","detail":"x"}'],
  ['a stack', 400, 'application/problem+json', '{"detail":"x\n    at f (/app/a.ts:1:2)"}'],
  ['a page', 404, 'text/html', '<h1>'],
  [
    'another status inside',
    404,
    'application/problem+json',
    '{"status":400,"code":"not_found","detail":"x"}',
  ],
  ['a code of its own', 404, 'application/problem+json', '{"status":404,"code":"nope","detail":"x"}'],
])('sees %s', (_, status, type, text) => {
  const request = { call: { method: 'GET' }, headers: {} } as MadeRequest;
  const headers = { 'content-type': type, 'x-request-id': 'r' };
  expect(faultOf(request, { status, headers, text })).toBeTypeOf('string');
});
