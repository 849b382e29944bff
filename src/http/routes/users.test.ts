import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissionsOf } from '../../identity/access.ts';
import type { Role } from '../../identity/permissions.ts';
import type { Principal } from '../../identity/principal.ts';
import { inGoodStanding } from '../../identity/standing.ts';
import { type Caller, FOREIGN, newCaller } from '../testing/access-world.ts';
import { type House, openHouse, problemOf, sampleBytes, TENANT } from '../testing/house.ts';

let house: House;
let owner: Caller;
beforeAll(async () => {
  house = await openHouse({ works: false, durability: 'none' });
  owner = await newCaller(house, 'owner');
});
afterAll(() => house.close());

function call(
  method: string,
  path: string,
  { body, key = owner.key }: { body?: unknown; key?: string } = {},
) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return house.app.request(path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const change = (userId: string, body: unknown, key = owner.key) =>
  call('PATCH', `/v1/users/${encodeURIComponent(userId)}`, { body, key });

describe('PATCH /v1/users/{id}', () => {
  it('changes what a person and the keys of this person may do, at once', async () => {
    const bob = await newCaller(house, 'editor');
    expect((await call('GET', '/v1/images', { key: bob.key })).status).toBe(200);
    const changed = await change(bob.userId, { role: 'analyst' });
    expect(await changed.json()).toMatchObject({ user_id: bob.userId, role: 'analyst', status: 'active' });
    expect((await call('GET', '/v1/images', { key: bob.key })).status).toBe(403);
    await change(bob.userId, { role: 'editor' });
    expect((await call('GET', '/v1/images', { key: bob.key })).status).toBe(200);
  });

  it('suspends a person and lets the person back in', async () => {
    const bob = await newCaller(house, 'viewer');
    await change(bob.userId, { status: 'suspended' });
    expect((await call('GET', '/v1/images', { key: bob.key })).status).toBe(401);
    await change(bob.userId, { status: 'active' });
    expect((await call('GET', '/v1/images', { key: bob.key })).status).toBe(200);
  });

  it('keeps the last owner', async () => {
    const only = await openHouse({ works: false, durability: 'none' });
    const { userId, key } = await newCaller(only, 'owner');
    const answer = await only.app.request(`/v1/users/${encodeURIComponent(userId)}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ role: 'editor' }),
    });
    expect((await problemOf(answer)).code).toBe('last_owner');
    await only.close();
  });

  it('refuses fields that nobody may set, and changes of nothing', async () => {
    const bob = await newCaller(house, 'viewer');
    for (const body of [{}, { tenant_id: FOREIGN }, { role: 'root' }, { email: 'eve@example.com' }]) {
      expect((await problemOf(await change(bob.userId, body))).code).toBe('invalid_request');
    }
  });

  it('is no way up for a key that may only manage people', async () => {
    const { key, userId } = await newCaller(house, 'owner', ['users:manage', 'users:read']);
    const bob = await newCaller(house, 'viewer');
    for (const [who, role] of [
      [bob.userId, 'owner'],
      [bob.userId, 'analyst'],
      [owner.userId, 'viewer'],
      [userId, 'owner'],
    ] as const) {
      expect((await problemOf(await change(who, { role }, key))).code).toBe('forbidden');
    }
    const invitation = { email: 'eve@example.com', role: 'owner' };
    expect((await problemOf(await call('POST', '/v1/invitations', { body: invitation, key }))).code).toBe(
      'forbidden',
    );
  });
});

describe('invitations', () => {
  it('reach the address, and join whoever has read mail there', async () => {
    const answer = await call('POST', '/v1/invitations', {
      body: { email: 'Bob@Example.com', role: 'editor' },
    });
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      email: 'bob@example.com',
      role: 'editor',
      invited_by: owner.userId,
    });
    const mail = house.invited.at(-1);
    expect(mail).toMatchObject({ to: 'bob@example.com', role: 'editor' });
    const token = mail?.token ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(text + house.logText()).not.toContain(token);
    await house.platform.invitations.accept(token, { userId: 'bob' });
    const { users } = (await (await call('GET', '/v1/users')).json()) as { users: { user_id: string }[] };
    expect(users.find(({ user_id }) => user_id === 'bob')).toMatchObject({
      email: 'bob@example.com',
      role: 'editor',
      status: 'active',
      last_seen_at: null,
    });
  });

  it('can be taken back', async () => {
    const answer = await call('POST', '/v1/invitations', {
      body: { email: 'mia@example.com', role: 'viewer' },
    });
    const { id } = (await answer.json()) as { id: string };
    const list = await (await call('GET', '/v1/invitations')).json();
    expect(list).toMatchObject({ invitations: [{ id, email: 'mia@example.com' }] });
    expect((await call('DELETE', `/v1/invitations/${id}`)).status).toBe(204);
    const accepting = house.platform.invitations.accept(house.invited.at(-1)?.token ?? '', { userId: 'mia' });
    await expect(accepting).rejects.toMatchObject({ code: 'invitation_not_found' });
  });

  it.each([
    'bob',
    'bob@',
    `${'b'.repeat(250)}@example.com`,
    'a@example.com, b@example.com',
    'a@b.c\r\nBcc: d@e.f',
  ])('go to no address like %j', async (email) => {
    const problem = await problemOf(
      await call('POST', '/v1/invitations', { body: { email, role: 'viewer' } }),
    );
    expect(problem.code).toBe('invalid_request');
  });
});

describe('a token that says what was true when it was made', () => {
  const principal = (userId: string, role: Role, sessionId?: string): Principal => ({
    tenantId: TENANT,
    userId,
    role,
    via: { kind: 'token', ...(sessionId !== undefined && { sessionId }) },
  });
  const standing = (of: Principal) => inGoodStanding(house.platform.members, of);
  const refused = { code: 'unauthorized' };

  it('gives the role of now', async () => {
    const bob = await newCaller(house, 'viewer');
    const found = await standing(principal(bob.userId, 'owner', 's1'));
    expect(permissionsOf(found)).not.toContain('keys:manage');
    expect(await house.platform.members.find(bob.userId)).toMatchObject({ lastSeenAt: expect.any(Number) });
  });

  it('gives nothing to who is suspended, gone or elsewhere', async () => {
    const bob = await newCaller(house, 'viewer');
    await house.platform.members.change(TENANT, bob.userId, { status: 'suspended' });
    await house.platform.members.join({ tenantId: FOREIGN, userId: 'eve', role: 'owner' });
    for (const userId of [bob.userId, 'nobody', 'eve']) {
      await expect(standing(principal(userId, 'viewer', 's1'))).rejects.toMatchObject(refused);
    }
  });

  it('of another issuer enters a person, and keeps the role up to date', async () => {
    const both = await Promise.all([1, 2].map(() => standing(principal('oidc:mia', 'editor'))));
    expect(both.map(({ role }) => role)).toEqual(['editor', 'editor']);
    expect(await standing(principal('oidc:mia', 'viewer'))).toMatchObject({ role: 'viewer' });
    expect(await house.platform.members.find('oidc:mia')).toMatchObject({ tenantId: TENANT, role: 'viewer' });
    await house.platform.members.change(TENANT, 'oidc:mia', { status: 'suspended' });
    await expect(standing(principal('oidc:mia', 'editor'))).rejects.toMatchObject(refused);
  });
});

it('who follows events is told nothing more once the key is revoked', async () => {
  const bob = await newCaller(house, 'viewer');
  const headers = { authorization: `Bearer ${bob.key}` };
  const { body } = await house.app.request('/v1/events', { headers });
  const reader = (body ?? new ReadableStream<Uint8Array>()).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('retry:');
  const [key] = await house.platform.apiKeys.revokeAllOf(TENANT, bob.userId);
  house.services.keys.forget(key ?? '');
  const sent = await house.call('/v1/images?filename=a.jpg', {
    method: 'POST',
    body: await sampleBytes('rocket.jpg'),
  });
  expect(sent.status).toBe(202);
  expect(await reader.read()).toEqual({ done: true, value: undefined });
});
