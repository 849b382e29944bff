import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../notices/fence/testing/receiver.ts';
import { TestService } from '../testing/service.ts';

let folder: string;
let service: TestService;
let receiver: Receiver;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-webhooks-'));
  receiver = await startReceiver();
  service = await TestService.start(join(folder, 'data'), {
    DARKROOM_WEBHOOK_ALLOW_HTTP: 'true',
    DARKROOM_WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
  });
});
afterAll(async () => {
  await service.stop();
  await receiver.close();
  await rm(folder, { recursive: true });
});

it('webhooks: adds, tries out, looks what was sent, sends it again, removes', async () => {
  expect(await service.cli(['webhooks'])).toMatchObject({ code: 0, stdout: 'There are none.\n' });
  const added = await service.cli(['webhooks', 'add', receiver.url, '-e', 'image.failed']);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^whsec_[\w+/=]{40,}\n$/) });
  const { webhooks } = await service.json(['webhooks', 'ls']);
  expect(webhooks).toMatchObject([{ url: receiver.url, events: ['image.failed'], active: true }]);
  const [{ id }] = webhooks;
  expect((await service.cli(['webhooks'])).stdout).toMatch(/active/);

  expect(await service.cli(['webhooks', 'test', id])).toMatchObject({
    ...{ code: 0, stdout: expect.stringMatching(/^It was taken: 200 in \d+ ms\.\n$/) },
  });
  receiver.answer = (response) => response.writeHead(500).end();
  expect(await service.cli(['webhooks', 'test', id])).toMatchObject({ code: 1 });
  const { deliveries } = await service.json(['webhooks', 'deliveries', id]);
  expect(deliveries).toMatchObject([
    { event: 'webhook.test', state: 'failed' },
    { event: 'webhook.test', state: 'delivered' },
  ]);
  const limited = await service.cli(['webhooks', 'deliveries', id, '--limit', '1']);
  expect(limited.stdout.trim().split('\n')).toHaveLength(2);
  expect(await service.cli(['webhooks', 'replay', id, deliveries[0].id, 'msg_x'])).toMatchObject({
    code: 1,
    stdout: `${deliveries[0].id} is sent again\n`,
  });
  expect(await service.cli(['webhooks', 'rm', id, 'wh_x'])).toMatchObject({
    code: 1,
    stdout: `${id} is told nothing more\n`,
  });
});

const misused: [args: string[], words: string][] = [
  [['webhooks', 'add'], 'the address to tell'],
  [['webhooks', 'add', 'a', 'b'], 'Too much'],
  [['webhooks', 'rm'], 'the id of the webhook'],
  [['webhooks', 'replay', 'wh_1'], 'the id of the delivery'],
  [['webhooks', 'ls', 'x'], 'Too much'],
  [['webhooks', 'deliveries', 'wh_1', '--limit', '0'], '--limit'],
  [['webhooks', 'tset'], 'Did you mean test?'],
];
it.each(misused)('%j is a usage error', async (args, words) => {
  const { code, stderr } = await service.cli(args);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});

it('an address that is not allowed is refused in words', async () => {
  const refused = await service.cli(['webhooks', 'add', 'https://169.254.169.254/']);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('metadata service') });
});
