import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMailbox } from '../../platform/embedded/mailbox.ts';
import { inProcess, scratchFolder } from '../testing/cli.ts';
import { TestService } from '../testing/service.ts';

it('darkroom owner-link makes a new link until there is an owner', async () => {
  const data = join(await scratchFolder(), 'data');
  const service = await TestService.start(data);
  const made = await service.json(['owner-link']);
  expect(made).toEqual({ owner_link: `${service.url}/setup#token=${made.token}`, token: expect.any(String) });

  const claim = (token: string) =>
    fetch(`${service.url}/v1/auth/claim-owner`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        token,
        email: 'ada@example.com',
        password: 'four words of my own',
        name: 'Ada',
      }),
    });
  expect((await claim(made.token)).status).toBe(201);
  expect((await claim(made.token)).status).toBe(400);
  const late = await service.cli(['owner-link']);
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('(already_registered)') });

  const { access_token: token } = (await (
    await fetch(`${service.url}/v1/auth/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'four words of my own' }),
    })
  ).json()) as { access_token: string };
  const listed = await fetch(`${service.url}/v1/images`, { headers: { authorization: `Bearer ${token}` } });
  expect(await listed.json()).toMatchObject({ images: [] });
  expect(await service.stop()).toMatchObject({ code: 0 });
});

it('darkroom mail shows the mailbox', async () => {
  const data = await scratchFolder();
  const run = (...args: string[]) => inProcess(['mail', ...args], { env: { DARKROOM_DATA: data } });
  expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining('There are none') });
  expect(await run('show')).toMatchObject({ code: 1, stderr: expect.stringContaining('(not_found)') });
  const mailbox = createMailbox(join(data, 'mailbox'), 'Darkroom <darkroom@localhost>');
  for (const [id, subject] of [
    ['a', 'First'],
    ['b', 'Second'],
  ] as const) {
    await mailbox.send({
      id,
      to: 'ada@example.com',
      subject,
      text: `The ${subject}.\n`,
      html: '<p></p>',
      at: 0,
    });
  }
  const { mails } = JSON.parse((await run('--json')).stdout);
  expect(mails).toMatchObject([
    { id: 'b', subject: 'Second' },
    { id: 'a', subject: 'First' },
  ]);
  expect((await run('show')).stdout).toContain('The Second.');
  expect((await run('show', 'a')).stdout).toContain('The First.');
  expect(await run('list', 'a')).toMatchObject({ code: 2 });
});
