import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedCall, recordedCalls } from '../audit/actions.ts';
import type { AuditEntry } from '../audit/entry.ts';
import { from } from '../audit/testing/acts.ts';
import { verifyTrail } from '../audit/verify-trail.ts';
import { callTable } from '../identity/call-table.ts';
import { newCaller } from './testing/access-world.ts';
import {
  API_KEY,
  authorised,
  type House,
  openHouse,
  problemOf,
  sampleBytes,
  TENANT,
} from './testing/house.ts';
import { peopleOf } from './testing/people.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ works: false });
});
afterAll(() => house.close());

async function newest(tenantId = TENANT): Promise<AuditEntry | undefined> {
  return (await house.platform.audit.list(tenantId, { limit: 1 })).entries[0];
}

async function count(tenantId = TENANT): Promise<number> {
  return (await house.platform.audit.head(tenantId)).seq;
}

async function send(headers: Record<string, string> = {}): Promise<string> {
  const body = await sampleBytes('rocket.jpg');
  const sent = await house.call('/v1/images?filename=holiday-in-rome.jpg', { method: 'POST', body, headers });
  return ((await sent.json()) as { image_id: string }).image_id;
}

describe('the table of actions', () => {
  it('has a row for every call that changes something', () => {
    const changing = Object.keys(callTable).filter((call) => /^(POST|PUT|PATCH|DELETE) /.test(call));
    const unnamed = changing.filter((call) => {
      const [method = '', path = ''] = call.split(' ');
      const { action, when } = recordedCall(method, path);
      return when !== 'always' || action.startsWith('other.');
    });
    expect(unnamed).toEqual([]);
  });

  it('names no call that there is not', () => {
    expect(Object.keys(recordedCalls).filter((call) => callTable[call] === undefined)).toEqual([]);
  });

  it.each([
    ['GET', '/v1/image/{image_id}/original', 'original.read', 'always'],
    ['GET', '/v1/users/{id}/export', 'user.export', 'always'],
    ['GET', '/v1/audit', 'audit.read', 'always'],
    ['GET', '/v1/images', 'image.list', 'refused'],
    ['HEAD', '/v1/image/{image_id}/original', 'original.read', 'refused'],
    ['POST', '/v1/auth/sign-in', 'auth.sign_in', 'always'],
    ['DELETE', '/v1/auth/sessions/{id}', 'auth.sessions.delete', 'always'],
    ['POST', '/v1/of-tomorrow', 'other.change', 'always'],
    ['GET', '/v1/of-tomorrow', 'other.read', 'refused'],
    ['POST', undefined, 'unknown.call', 'refused'],
  ])('%s %s is %s, %s', (method, path, action, when) => {
    expect(recordedCall(method, path)).toMatchObject({ action, when });
  });
});

describe('a call', () => {
  it('that changes something is recorded with who, what, from where and how it ended', async () => {
    const imageId = await send({ 'x-request-id': 'r-17' });
    expect(await newest()).toMatchObject({
      tenant_id: TENANT,
      actor: { id: 'owner', role: 'owner', credential: 'key', credential_id: 'first' },
      action: 'image.upload',
      image_id: imageId,
      outcome: 'allowed',
      status: 202,
      request_id: 'r-17',
    });
    await house.call(`/v1/image/${imageId}`, { method: 'DELETE' });
    expect(await newest()).toMatchObject({ action: 'image.erase', image_id: imageId, status: 204 });
  });

  it('that only reads a record is not', async () => {
    const imageId = await send();
    const before = await count();
    for (const path of [`/v1/image/${imageId}`, '/v1/images', '/v1/pipelines']) await house.call(path);
    await house.call(`/v1/image/${imageId}/original`, { method: 'HEAD' });
    expect(await count()).toBe(before);
  });

  it('that reads an original is, with credentials and by a link', async () => {
    const imageId = await send();
    await house.call(`/v1/image/${imageId}/original`);
    expect(await newest()).toMatchObject({ action: 'original.read', image_id: imageId, outcome: 'allowed' });
    const linked = await house.call(`/v1/image/${imageId}/link`, {
      method: 'POST',
      body: JSON.stringify({ params: { v: 'original' } }),
      headers: { 'content-type': 'application/json' },
    });
    expect(await newest()).toMatchObject({ action: 'image.link' });
    const { url } = (await linked.json()) as { url: string };
    const { pathname, search } = new URL(url);
    expect((await house.app.request(pathname + search)).status).toBe(200);
    expect(await newest()).toMatchObject({
      action: 'original.read',
      image_id: imageId,
      actor: { id: 'anonymous', credential: 'signature' },
    });
  });

  it('of another tenant for an image that is not there is recorded in that tenant only', async () => {
    const before = await count('another-tenant');
    await house.call('/v1/image/01900000-0000-7000-8000-000000000000', { method: 'DELETE' });
    expect(await newest()).toMatchObject({ outcome: 'failed', status: 404, code: 'image_not_found' });
    expect(await count('another-tenant')).toBe(before);
  });

  it('that is refused is recorded: somebody without a role, in the tenant', async () => {
    const viewer = await newCaller(house, 'viewer');
    const asked = await house.app.request(
      '/v1/audit',
      authorised({ headers: { authorization: `Bearer ${viewer.key}` } }),
    );
    expect(asked.status).toBe(403);
    expect(await newest()).toMatchObject({
      actor: { id: viewer.userId, role: 'viewer' },
      action: 'audit.read',
      outcome: 'refused',
      code: 'forbidden',
    });
  });

  it('of strangers is recorded apart; many of the same are one entry with their number', async () => {
    const before = await count('_service');
    for (let number = 0; number < 50; number += 1) {
      await house.app.request('/v1/images', { headers: { authorization: 'Bearer dr_guess' } });
    }
    expect(await count('_service')).toBe(before + 1);
    expect(await newest('_service')).toMatchObject({
      actor: { id: 'anonymous', credential: 'none' },
      action: 'image.list',
      outcome: 'refused',
      status: 401,
    });
  });

  it('whose path holds what is no id is recorded without it', async () => {
    await house.call('/v1/keys/anna@example.com', { method: 'DELETE' });
    expect(await newest()).toMatchObject({ action: 'key.revoke', outcome: 'failed' });
    expect(await newest()).not.toHaveProperty('target');
  });

  it('that gives out an original is refused where the trail cannot be written', async () => {
    const imageId = await send();
    const full = house.appWith({ trail: { record: async () => 'lost', stop: async () => {} } });
    const answer = await full.request(`/v1/image/${imageId}/original`, authorised());
    expect(await problemOf(answer)).toMatchObject({ status: 503, code: 'storage_unavailable' });
  });
});

describe('signing in', () => {
  const post = (path: string, body: object) =>
    house.app.request(`/v1/auth/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  const password = 'a long road to nowhere 7';

  it('leaves a trace, whether it works or not, and never what was typed', async () => {
    const token = await house.services.identity.newOwnerToken();
    const claimed = await post('claim-owner', { token, email: 'carla@example.com', name: 'Carla', password });
    expect(claimed.status).toBeLessThan(300);
    const { user_id: userId } = (await claimed.json()) as { user_id: string };
    expect(await newest()).toMatchObject({
      action: 'auth.claim_owner',
      actor: { id: userId, credential: 'token' },
    });

    await post('sign-in', { email: 'carla@example.com', password });
    expect(await newest()).toMatchObject({
      action: 'auth.sign_in',
      actor: { id: userId },
      outcome: 'allowed',
    });

    await post('sign-in', { email: 'carla@example.com', password: 'a wrong guess of it' });
    expect(await newest('_service')).toMatchObject({
      action: 'auth.sign_in',
      outcome: 'refused',
      status: 401,
    });

    for (const tenantId of [TENANT, '_service']) {
      for await (const line of house.platform.audit.lines(tenantId)) {
        expect(line).not.toMatch(/carla|nowhere|wrong guess/i);
      }
    }
  });
});

describe('somebody who is recognised', () => {
  it('is named in the trail of the tenant, also where more is asked for than a password', async () => {
    const people = peopleOf(house);
    const email = await people.somebody();
    const { user_id: id, tenant_id: tenantId, refresh_token: refreshToken } = await people.signIn(email);
    const said = async () => {
      const { action, outcome, actor } = (await newest(tenantId)) ?? {};
      return `${action} ${outcome} ${actor?.id === id ? 'by name' : actor?.id}`;
    };
    for (const _ of [1, 2]) await people.post('refresh', { refresh_token: refreshToken });
    expect(await said()).toBe('auth.refresh refused by name');
    await people.withMfa(email);
    const challenge = await people.challenge(email);
    expect(await said()).toBe('auth.sign_in allowed by name');
    await people.post('mfa', { challenge, code: '000000' });
    expect(await said()).toBe('auth.mfa refused by name');
    await people.post('forgot-password', { email });
    // To confirm, of a stolen session, of the second factor, of this.
    const { token } = await people.mailTo(email, 4);
    await people.post('reset-password', { token, password: 'four other words of mine' });
    expect(await said()).toBe('auth.reset_password allowed by name');
    const [first] = (await house.platform.audit.list(tenantId, { limit: 200 })).entries.slice(-1);
    expect(first).toMatchObject({ seq: 1, action: 'auth.verify_email', actor: { id, credential: 'none' } });
  });
});

describe('what is made', () => {
  it.each([
    ['/v1/keys', { name: 'camera', role: 'viewer' }, 'key.make'],
    ['/v1/invitations', { email: 'zoe@example.com', role: 'viewer' }, 'invitation.send'],
    ['/v1/tenant/signing-keys', { make_active: false }, 'signing_key.add'],
  ])('by %s is named in the trail', async (path, body, action) => {
    const made = await house.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const { id } = (await made.json()) as { id: string };
    expect(await newest()).toMatchObject({ action, outcome: 'allowed', target: id });
  });
});

describe('the trail over HTTP', () => {
  it('is listed by filters, page by page, and that is recorded too', async () => {
    const imageId = await send();
    const page = await house.call(`/v1/audit?action=image.upload&image_id=${imageId}&limit=1`);
    const { entries, next_cursor } = (await page.json()) as {
      entries: AuditEntry[];
      next_cursor: string | null;
    };
    expect(entries).toMatchObject([{ image_id: imageId, action: 'image.upload' }]);
    expect(next_cursor).toBeNull();
    expect(await newest()).toMatchObject({ action: 'audit.read' });
    expect(await problemOf(await house.call('/v1/audit?outcome=maybe'))).toMatchObject({ status: 400 });
  });

  it('is exported as lines that prove themselves', async () => {
    const exported = await house.call('/v1/audit/export');
    expect(exported.headers.get('content-type')).toBe('application/jsonl');
    const lines = (await exported.text()).trimEnd().split('\n');
    expect(await verifyTrail(TENANT, from(lines))).toMatchObject({ sound: true, entries: lines.length });
    const { finding } = await verifyTrail(TENANT, from(lines.toSpliced(3, 1)));
    expect(finding).toMatchObject({ seq: 4, flaw: 'removed' });
  });

  it('is verified, and says where it stands', async () => {
    const verdict = await (await house.call('/v1/audit/verify')).json();
    expect(verdict).toMatchObject({ tenant_id: TENANT, sound: true, finding: null });
  });

  it('holds no secret, no file name, no address of a letter box; nor does the log', async () => {
    const trail = await (await house.call('/v1/audit/export')).text();
    const files = await readFile(`${house.folder}/darkroom.db`, 'latin1');
    expect(files).toContain('SQLite');
    for (const text of [trail, house.logText()]) {
      for (const secret of [API_KEY, 'dr_guess', 'holiday-in-rome', 'anna@example.com', 'sig=']) {
        expect(text).not.toContain(secret);
      }
    }
  });
});
