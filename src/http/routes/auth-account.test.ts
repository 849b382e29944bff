import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, type House, openHouse, problemOf } from '../testing/house.ts';
import { PASSWORD, type People, peopleOf, type TokenSet } from '../testing/people.ts';

let house: House;
let people: People;
beforeAll(async () => {
  house = await openHouse({ works: false });
  people = peopleOf(house);
});
afterAll(() => house.close());

async function codeOf(answer: Response): Promise<string> {
  return answer.ok ? String(answer.status) : (await problemOf(answer)).code;
}

const me = (token: string) => people.call('GET', 'me', undefined, token);

describe('the second factor', () => {
  it('is asked for in a second step of signing in, once it is on', async () => {
    const email = await people.somebody();
    const { code, token } = await people.withMfa(email);
    expect(await (await me(token)).json()).toMatchObject({ mfa: true });
    const asked = await people.post('sign-in', { email, password: PASSWORD });
    expect(await asked.json()).toMatchObject({ status: 'mfa_required', challenge: expect.any(String) });

    const challenge = await people.challenge(email);
    house.clock.advance(30_000);
    const answer = await people.post('mfa', { challenge, code: code() });
    expect(await answer.json()).toMatchObject({ status: 'signed_in', role: 'owner' });
    expect(await codeOf(await people.post('mfa', { challenge, code: code(1) }))).toBe('token_invalid');
  });

  it.each([
    ['the code that turned it on', 0, 'code_wrong'],
    ['the code after it', 1, '200'],
    ['a code of some minutes ago', -4, 'code_wrong'],
    ['a code of some minutes ahead', 4, 'code_wrong'],
  ])('of %s (%i steps on) answers %s', async (_, steps, expected) => {
    const email = await people.somebody();
    const { code } = await people.withMfa(email);
    const challenge = await people.challenge(email);
    expect(await codeOf(await people.post('mfa', { challenge, code: code(steps) }))).toBe(expected);
  });

  it('lets one of two in who send the same code at once', async () => {
    const email = await people.somebody();
    const { code } = await people.withMfa(email);
    const challenges = [await people.challenge(email), await people.challenge(email)];
    house.clock.advance(60_000);
    const both = await Promise.all(
      challenges.map((challenge) => people.post('mfa', { challenge, code: code() })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it('gives new recovery codes for both factors, and takes the old ones no more', async () => {
    const email = await people.somebody();
    const { code, recoveryCodes: old, token } = await people.withMfa(email);
    house.clock.advance(30_000);
    const renew = (proof: object) =>
      people.post('mfa/recovery-codes', { password: PASSWORD, ...proof }, token);
    expect(await codeOf(await renew({ code: '000000' }))).toBe('code_wrong');
    expect(await codeOf(await renew({ code: code(), password: 'not the password' }))).toBe(
      'invalid_credentials',
    );
    const renewed = await renew({ code: code() });
    expect(renewed.headers.get('cache-control')).toBe('no-store');
    const { recovery_codes: made } = (await renewed.json()) as { recovery_codes: string[] };
    expect(new Set([...old, ...made]).size).toBe(20);
    const challenge = await people.challenge(email);
    const answer = async (given = '') => codeOf(await people.post('mfa', { challenge, code: given }));
    expect([await answer(old[0]), await answer(made[0])]).toEqual(['code_wrong', '200']);
    expect((await people.mailTo(email, 3)).subject).toMatch(/recovery codes/);
    const without = await people.somebody();
    const { access_token: other } = await people.signIn(without);
    const refused = await people.post('mfa/recovery-codes', { password: PASSWORD, code: '123456' }, other);
    expect(await codeOf(refused)).toBe('mfa_not_on');
  });

  it('takes each recovery code once, however it is typed', async () => {
    const email = await people.somebody();
    const { recoveryCodes } = await people.withMfa(email);
    expect(new Set(recoveryCodes).size).toBe(10);
    const [code = ''] = recoveryCodes;
    const answer = async (given: string) =>
      codeOf(await people.post('mfa', { challenge: await people.challenge(email), code: given }));
    expect(await answer(code.toLowerCase().replaceAll('-', ' '))).toBe('200');
    expect(await answer(code)).toBe('code_wrong');
    expect(await answer(recoveryCodes[1] ?? '')).toBe('200');
  });

  it('makes who guesses codes wait', async () => {
    const email = await people.somebody();
    const { code } = await people.withMfa(email);
    const challenge = await people.challenge(email);
    const codes: string[] = [];
    for (let times = 0; times < 6; times++) {
      codes.push(await codeOf(await people.post('mfa', { challenge, code: '000000' })));
    }
    expect(codes).toEqual([...Array(5).fill('code_wrong'), 'too_many_attempts']);
    expect(await codeOf(await people.post('mfa', { challenge, code: code(1) }))).toBe('too_many_attempts');
  });

  it('is turned off by password and code, and then not asked for', async () => {
    const email = await people.somebody();
    const { code, token } = await people.withMfa(email);
    house.clock.advance(30_000);
    const off = (password: string, given: string) =>
      people.post('mfa/disable', { password, code: given }, token);
    expect(await codeOf(await off('not the right one', code()))).toBe('invalid_credentials');
    expect(await codeOf(await off(PASSWORD, '000000'))).toBe('code_wrong');
    expect(await codeOf(await off(PASSWORD, code()))).toBe('204');
    expect(await codeOf(await off(PASSWORD, code(1)))).toBe('mfa_not_on');
    expect((await people.signIn(email)).status).toBe('signed_in');
  });

  it('is not on before a first code, and cannot be set up twice', async () => {
    const email = await people.somebody();
    const { access_token: token } = await people.signIn(email);
    expect(await codeOf(await people.post('mfa/confirm', { code: '123456' }, token))).toBe('mfa_not_on');
    expect(await codeOf(await people.post('mfa/enable', { password: 'not the right one' }, token))).toBe(
      'invalid_credentials',
    );
    await people.post('mfa/enable', { password: PASSWORD }, token);
    expect((await people.signIn(email)).status).toBe('signed_in');
    const other = await people.somebody();
    const { token: on } = await people.withMfa(other);
    expect(await codeOf(await people.post('mfa/enable', { password: PASSWORD }, on))).toBe('mfa_already_on');
  });

  it('stays on when the password is reset', async () => {
    const email = await people.somebody();
    await people.withMfa(email);
    await people.post('forgot-password', { email });
    const { token } = await people.mailTo(email, 3);
    const password = 'other words of my own';
    await people.post('reset-password', { token, password });
    const answer = await people.post('sign-in', { email, password });
    expect(await answer.json()).toMatchObject({ status: 'mfa_required' });
  });
});

describe('sessions', () => {
  it('are listed with where they come from, and ended one by one, at once', async () => {
    const email = await people.somebody();
    const sent = await house.app.request('/v1/auth/sign-in', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'A phone' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    const phone = (await sent.json()) as TokenSet;
    house.clock.advance(1000);
    const { access_token: token } = await people.signIn(email);
    const listed = await people.call('GET', 'sessions', undefined, token);
    const { sessions } = (await listed.json()) as { sessions: { session_id: string }[] };
    const older = sessions[1]?.session_id ?? '';
    expect(sessions).toMatchObject([{ current: true }, { current: false, user_agent: 'A phone' }]);

    const end = (id: string, by: string) => people.call('DELETE', `sessions/${id}`, undefined, by);
    const stranger = await people.signIn(await people.somebody());
    expect(await codeOf(await end(older, stranger.access_token))).toBe('session_not_found');
    expect(await codeOf(await me(phone.access_token))).toBe('200');
    expect(await codeOf(await end(older, token))).toBe('204');
    expect(await codeOf(await me(phone.access_token))).toBe('unauthorized');
    expect(await codeOf(await people.post('refresh', { refresh_token: phone.refresh_token }))).toBe(
      'refresh_token_invalid',
    );
    expect(await codeOf(await me(token))).toBe('200');
  });

  it.each([
    ['this one', {}, ['unauthorized', '200']],
    ['all of them', { everywhere: true }, ['unauthorized', 'unauthorized']],
  ])('are ended by signing out: %s', async (_, body, expected) => {
    const email = await people.somebody();
    const [one, other] = [await people.signIn(email), await people.signIn(email)];
    expect((await people.post('sign-out', body, one.access_token)).status).toBe(204);
    expect([await codeOf(await me(one.access_token)), await codeOf(await me(other.access_token))]).toEqual(
      expected,
    );
  });

  it('end when the password changes, but for the one that changed it', async () => {
    const email = await people.somebody();
    const [one, other] = [await people.signIn(email), await people.signIn(email)];
    const change = (current_password: string, new_password: string) =>
      people.post('change-password', { current_password, new_password }, one.access_token);
    const next = 'other words of my own';
    expect(await codeOf(await change('not the right one', next))).toBe('invalid_credentials');
    expect(await codeOf(await change(PASSWORD, 'too short'))).toBe('weak_password');
    expect(await codeOf(await change(PASSWORD, next))).toBe('204');
    expect([await codeOf(await me(one.access_token)), await codeOf(await me(other.access_token))]).toEqual([
      '200',
      'unauthorized',
    ]);
    expect((await people.signIn(email, next)).status).toBe('signed_in');
  });

  it('are of people, not of API keys', async () => {
    expect(await (await people.call('GET', 'me', undefined, API_KEY)).json()).toMatchObject({
      user_id: 'owner',
      credential: 'key',
    });
    for (const [method, path] of [
      ['GET', 'sessions'],
      ['POST', 'sign-out'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      expect(await codeOf(await people.call(method, path, body, API_KEY)), path).toBe('session_required');
    }
  });
});

describe('somebody who is taken away', () => {
  it('can neither act nor sign in again, and leaves nothing to sign in with', async () => {
    const email = await people.somebody();
    const { access_token: token, refresh_token, user_id: userId } = await people.signIn(email);
    await house.services.identity.remove(userId);
    expect(await codeOf(await me(token))).toBe('unauthorized');
    expect(await codeOf(await people.post('refresh', { refresh_token }))).toBe('refresh_token_invalid');
    expect(await codeOf(await people.post('sign-in', { email, password: PASSWORD }))).toBe(
      'invalid_credentials',
    );
    expect(await house.services.identity.person(userId)).toBeUndefined();
  });
});

it('no secret, no token and no address gets into the log', async () => {
  const email = await people.somebody();
  const { code, recoveryCodes, token } = await people.withMfa(email);
  await people.post('forgot-password', { email });
  const mail = await people.mailTo(email, 3);
  const challenge = await people.challenge(email);
  house.clock.advance(30_000);
  const signedIn = (await (await people.post('mfa', { challenge, code: code() })).json()) as TokenSet;
  await people.post('refresh', { refresh_token: signedIn.refresh_token });
  await people.post('sign-in', { email, password: 'the wrong one, as it happens' });
  await people.post('sign-in', `{"email":"${email}","password":`);
  await people.post('verify-email', { token: 'drt_unknown-token-of-mine' });
  await me(`${token}x`);
  const log = house.logText();
  expect(log).toContain('/v1/auth/refresh');
  const secrets = [PASSWORD, email, token, challenge, mail.token, signedIn.refresh_token, ...recoveryCodes];
  for (const secret of [...secrets, signedIn.access_token, 'the wrong one', 'unknown-token-of-mine']) {
    expect(log.includes(secret), secret.slice(0, 12)).toBe(false);
  }
});

it('a session of somebody who was suspended does not go on when he comes back', async () => {
  const email = await people.somebody();
  const { tenant_id: tenantId, user_id: userId, refresh_token } = await people.signIn(email);
  const { members } = house.platform;
  await members.join({ tenantId, userId: 'another', role: 'owner' });
  await members.change(tenantId, userId, { status: 'suspended' });
  expect(await codeOf(await people.post('refresh', { refresh_token }))).toBe('forbidden');
  expect(await codeOf(await people.post('sign-in', { email, password: PASSWORD }))).toBe('forbidden');
  await members.change(tenantId, userId, { status: 'active' });
  expect(await codeOf(await people.post('refresh', { refresh_token }))).toBe('refresh_token_invalid');
  const { access_token: token } = await people.signIn(email);
  expect(await codeOf(await people.call('POST', 'sign-out', undefined, token))).toBe('204');
});
