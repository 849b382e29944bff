import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, openHouse, problemOf } from '../testing/house.ts';
import { PASSWORD, type People, peopleOf, type TokenSet } from '../testing/people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let house: House;
let people: People;
beforeAll(async () => {
  house = await openHouse({ works: false });
  people = peopleOf(house);
});
afterAll(() => house.close());

/** Status, headers that matter and body of an answer, without what is different each time. */
async function seen(answer: Response) {
  const { request_id: _, ...body } = (await answer.json()) as Record<string, unknown>;
  const names = [...answer.headers.keys()].sort();
  return { status: answer.status, names, body };
}

async function codeOf(answer: Response): Promise<string> {
  return answer.ok ? String(answer.status) : (await problemOf(answer)).code;
}

describe('signing up', () => {
  it('makes a tenant whose owner one is, by the link in a mail', async () => {
    const email = people.newAddress();
    expect((await people.post('sign-up', { email, password: PASSWORD, name: 'Ada' })).status).toBe(202);
    const mail = await people.mailTo(email);
    expect(mail.text).toContain(`https://photos.example/verify#token=${mail.token}`);
    expect(await codeOf(await people.post('sign-in', { email, password: PASSWORD }))).toBe(
      'invalid_credentials',
    );
    expect((await people.post('verify-email', { token: mail.token })).status).toBe(200);

    const tokens = await people.signIn(email.toUpperCase());
    const answer = await people.call('GET', 'me', undefined, tokens.access_token);
    const me = (await answer.json()) as { tenant_id: string };
    expect(me).toMatchObject({ email, name: 'Ada', role: 'owner', credential: 'token', mfa: false });
    expect(me.tenant_id).not.toBe('main');
    const images = await house.app.request('/v1/images', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(images.status).toBe(200);
    expect(await images.json()).toMatchObject({ images: [] });
  });

  it('answers alike for a new and a known address, and mails the known one', async () => {
    const known = await people.somebody();
    const fresh = people.newAddress();
    const order = { password: PASSWORD, name: 'Eve' };
    const [toKnown, toFresh] = [
      await seen(await people.post('sign-up', { ...order, email: known })),
      await seen(await people.post('sign-up', { ...order, email: fresh })),
    ];
    expect(toKnown).toEqual(toFresh);
    expect(await people.mailTo(known, 2)).toMatchObject({
      subject: 'You have an account already',
      token: '',
    });
    expect((await people.mailTo(fresh)).token).not.toBe('');
  });

  it('takes a link once: again, or twice at the same time, it is as one that never was', async () => {
    const email = people.newAddress();
    await people.post('sign-up', { email, password: PASSWORD, name: 'Ada' });
    const { token } = await people.mailTo(email);
    const both = await Promise.all([1, 2].map(() => people.post('verify-email', { token })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 400]);
    const [used, unknown] = [
      await seen(await people.post('verify-email', { token })),
      await seen(await people.post('verify-email', { token: `drt_${'x'.repeat(43)}` })),
    ];
    expect(used).toEqual(unknown);
    expect(used.body).toMatchObject({ code: 'token_invalid' });
  });

  it('confirms the password of the very mail that is answered', async () => {
    const email = people.newAddress();
    await people.post('sign-up', { email, password: 'the words of somebody else', name: 'Mallory' });
    await people.mailTo(email);
    await people.post('sign-up', { email, password: PASSWORD, name: 'Ada' });
    await people.post('verify-email', { token: (await people.mailTo(email, 2)).token });
    expect((await people.signIn(email)).status).toBe('signed_in');
    const other = await people.post('sign-in', { email, password: 'the words of somebody else' });
    expect(await codeOf(other)).toBe('invalid_credentials');
  });

  it.each([
    ['too short', 'short words'],
    ['one that attackers try first, in disguise', 'P4$$w0rd2024!'],
    ['a row of keys', 'qwertyuiopasdfgh'],
    ['the name of the service', 'Darkroom-Darkroom'],
    ['too long', 'words and '.repeat(30)],
  ])('refuses a password that is %s', async (_, password) => {
    const email = people.newAddress();
    expect(await codeOf(await people.post('sign-up', { email, password, name: 'Ada' }))).toBe(
      'weak_password',
    );
  });

  it('sends nobody more than a few mails an hour', async () => {
    const email = people.newAddress();
    for (let times = 0; times < 8; times++) {
      expect((await people.post('forgot-password', { email })).status).toBe(202);
    }
    const known = await people.somebody();
    for (let times = 0; times < 8; times++) await people.post('forgot-password', { email: known });
    await people.mailTo(known, 4);
    expect(await people.mailsTo(known)).toBe(4);
    expect(await people.mailsTo(email)).toBe(0);
  });
});

describe('signing in', () => {
  it('waits for who guesses from ever other addresses of one network', async () => {
    const guess = (number: number) =>
      house.services.identity
        .signIn(
          { email: `guess${number}@example.com`, password: 'some password' },
          { address: `2001:db8:7:7::${number.toString(16)}` },
        )
        .catch(({ code }: { code: string }) => code);
    for (let number = 0; number < 30; number += 1) expect(await guess(number)).toBe('invalid_credentials');
    expect(await guess(30)).toBe('too_many_attempts');
  });

  it('answers alike for a wrong password, an unknown address, and when both have been tried too often', async () => {
    const known = await people.somebody();
    const unknown = people.newAddress();
    for (let times = 0; times < 6; times++) {
      const [one, other] = [
        await seen(await people.post('sign-in', { email: known, password: 'not the right one' })),
        await seen(await people.post('sign-in', { email: unknown, password: 'not the right one' })),
      ];
      expect(one).toEqual(other);
      expect(one.status).toBe(times < 5 ? 401 : 429);
    }
    const locked = await people.post('sign-in', { email: known, password: PASSWORD });
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([429, '30']);
    house.clock.advance(31_000);
    expect((await people.signIn(known)).status).toBe('signed_in');
  });

  it('waits twice as long after each further attempt', async () => {
    const email = people.newAddress();
    const waits: (string | null)[] = [];
    for (let times = 0; times < 9; times++) {
      const answer = await people.post('sign-in', { email, password: 'not the right one' });
      const wait = answer.headers.get('retry-after');
      waits.push(wait);
      house.clock.advance(Number(wait) * 1000);
    }
    expect(waits).toEqual([null, null, null, null, null, '30', null, '60', null]);
  });

  it('counts attempts that come at once, every one', async () => {
    const email = await people.somebody();
    const many = Array.from({ length: 30 }, () =>
      people.post('sign-in', { email, password: 'a guess of mine' }),
    );
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(25);
    house.clock.advance(HOUR);
  });
});

describe('refreshing', () => {
  it('gives a new token for each old one, and ends the session when an old one comes again', async () => {
    const email = await people.somebody();
    const first = await people.signIn(email);
    const answer = await people.post('refresh', { refresh_token: first.refresh_token });
    const second = (await answer.json()) as TokenSet;
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect((await people.call('GET', 'me', undefined, second.access_token)).status).toBe(200);

    expect(await codeOf(await people.post('refresh', { refresh_token: first.refresh_token }))).toBe(
      'refresh_token_invalid',
    );
    expect(await codeOf(await people.post('refresh', { refresh_token: second.refresh_token }))).toBe(
      'refresh_token_invalid',
    );
    expect(await codeOf(await people.call('GET', 'me', undefined, second.access_token))).toBe('unauthorized');
    expect(await people.mailTo(email, 2)).toMatchObject({ subject: 'A session was ended' });
  });

  it('lets one of two win who come at once', async () => {
    const { refresh_token } = await people.signIn(await people.somebody());
    const both = await Promise.all([1, 2].map(() => people.post('refresh', { refresh_token })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('is over after two weeks without it', async () => {
    const { refresh_token } = await people.signIn(await people.somebody());
    house.clock.advance(14 * 24 * HOUR + 1);
    expect(await codeOf(await people.post('refresh', { refresh_token }))).toBe('refresh_token_invalid');
  });
});

describe('access tokens', () => {
  it('are good for ten minutes', async () => {
    const { access_token: token } = await people.signIn(await people.somebody());
    house.clock.advance(9 * MINUTE);
    expect((await people.call('GET', 'me', undefined, token)).status).toBe(200);
    house.clock.advance(MINUTE + 1000);
    expect(await codeOf(await people.call('GET', 'me', undefined, token))).toBe('unauthorized');
  });
});

describe('forgotten passwords', () => {
  it('answers alike for known and unknown addresses', async () => {
    const known = await people.somebody();
    const [one, other] = [
      await seen(await people.post('forgot-password', { email: known })),
      await seen(await people.post('forgot-password', { email: people.newAddress() })),
    ];
    expect(one).toEqual(other);
  });

  it('sets a new one by a link, once, and ends all sessions', async () => {
    const email = await people.somebody();
    const before = await people.signIn(email);
    await people.post('forgot-password', { email });
    const { token, text } = await people.mailTo(email, 2);
    expect(text).toContain('https://photos.example/reset#token=');
    const next = 'other words of my own';
    expect(await codeOf(await people.post('reset-password', { token, password: 'too short' }))).toBe(
      'weak_password',
    );
    const both = await Promise.all(
      [1, 2].map(() => people.post('reset-password', { token, password: next })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([204, 400]);
    expect(await codeOf(await people.post('sign-in', { email, password: PASSWORD }))).toBe(
      'invalid_credentials',
    );
    expect((await people.signIn(email, next)).status).toBe('signed_in');
    expect(await codeOf(await people.call('GET', 'me', undefined, before.access_token))).toBe('unauthorized');
    expect(await codeOf(await people.post('refresh', { refresh_token: before.refresh_token }))).toBe(
      'refresh_token_invalid',
    );
  });

  it('gives links that are good for an hour', async () => {
    const email = await people.somebody();
    await people.post('forgot-password', { email });
    const { token } = await people.mailTo(email, 2);
    house.clock.advance(HOUR);
    expect(await codeOf(await people.post('reset-password', { token, password: PASSWORD }))).toBe(
      'token_invalid',
    );
  });
});

describe('the first owner', () => {
  it('comes by one link, once', async () => {
    const { identity } = house.services;
    const replaced = await identity.newOwnerToken();
    const token = await identity.newOwnerToken();
    const claim = (given: string | undefined, email: string) =>
      people.post('claim-owner', { token: given, email, password: PASSWORD, name: 'Ada' });
    expect(await codeOf(await claim(replaced, people.newAddress()))).toBe('token_invalid');
    expect(await codeOf(await claim(token, await people.somebody()))).toBe('already_registered');
    const both = await Promise.all([1, 2].map(() => claim(token, people.newAddress())));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 400]);
    const won = (await both.find(({ status }) => status === 201)?.json()) as TokenSet;
    expect(won).toMatchObject({ tenant_id: 'main', role: 'owner' });
    expect(await identity.newOwnerToken()).toBeUndefined();
    expect(await codeOf(await claim(token, people.newAddress()))).toBe('token_invalid');
  });
});

describe('invitations', () => {
  it('let one person in, into the tenant and with the role that they name', async () => {
    const email = people.newAddress();
    await house.call('/v1/invitations', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, role: 'editor' }),
    });
    const token = house.invited.at(-1)?.token;
    const accept = () => people.post('accept-invitation', { token, password: PASSWORD, name: 'Bob' });
    const both = await Promise.all([accept(), accept()]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, expect.any(Number)]);
    const won = (await both.find(({ status }) => status === 201)?.json()) as TokenSet;
    expect(won).toMatchObject({ tenant_id: 'main', role: 'editor' });
    expect((await people.signIn(email)).role).toBe('editor');
    expect(await codeOf(await accept())).toBe('invitation_not_found');
  });
});
