import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyIdIn } from '../../identity/key-format.ts';
import { type Caller, FOREIGN, newCaller } from '../testing/access-world.ts';
import { type House, openHouse, problemOf } from '../testing/house.ts';

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

async function made(body: object, key = owner.key) {
  const answer = await call('POST', '/v1/keys', { body, key });
  expect(answer.status).toBe(201);
  return (await answer.json()) as { id: string; key: string; [field: string]: unknown };
}

describe('POST /v1/keys', () => {
  it('shows the key once, to be kept by nobody on the way', async () => {
    const answer = await call('POST', '/v1/keys', { body: { name: ' The hall ', role: 'editor' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const key = (await answer.json()) as Record<string, string>;
    expect(key).toMatchObject({
      name: 'The hall',
      user_id: owner.userId,
      role: 'editor',
      scopes: null,
      expires_at: null,
      last_used_at: null,
      prefix: `dr_live_${key.id}…`,
    });
    expect(keyIdIn(key.key ?? '')).toBe(key.id);
    const list = await (await call('GET', '/v1/keys')).text();
    expect(list).toContain(key.id);
    expect(list).not.toContain(key.key);
    expect(house.logText()).not.toContain(key.key);
  });

  it('makes keys that open what they are for, as their maker', async () => {
    const { key, id } = await made({ name: 'sender', role: 'editor', scopes: ['images:upload'] });
    const sent = await call('POST', '/v1/upload', { body: { filename: 'a.jpg', size: 10 }, key });
    const { image_id: imageId } = (await sent.json()) as { image_id: string };
    const record = await (await call('GET', `/v1/image/${imageId}`)).json();
    expect(record).toMatchObject({ user_id: owner.userId });
    const { keys } = (await (await call('GET', '/v1/keys')).json()) as { keys: Record<string, unknown>[] };
    expect(keys.find((each) => each.id === id)).toMatchObject({ last_used_at: expect.any(String) });
    const problem = await problemOf(await call('GET', `/v1/image/${imageId}`, { key }));
    expect(problem).toMatchObject({ code: 'forbidden', permission: 'images:read', role: 'editor' });
    expect(problem.detail).toContain('does not have the scope images:read');
  });

  const wrong: [name: string, body: unknown, path: string][] = [
    ['no name', { role: 'viewer' }, 'name'],
    ['a name of spaces', { name: '  ', role: 'viewer' }, 'name'],
    ['no role', { name: 'x' }, 'role'],
    ['a role that is none', { name: 'x', role: 'root' }, 'role'],
    ['a scope that is none', { name: 'x', role: 'viewer', scopes: ['all'] }, 'scopes'],
    ['no scope', { name: 'x', role: 'viewer', scopes: [] }, 'scopes'],
    ['a scope that its role does not have', { name: 'x', role: 'viewer', scopes: ['keys:manage'] }, 'scopes'],
    ['a tenant', { name: 'x', role: 'viewer', tenant_id: FOREIGN }, 'tenant_id'],
    ['an end that has come', { name: 'x', role: 'viewer', expires_in: 0 }, 'expires_in'],
  ];
  it.each(wrong)('refuses %s', async (_name, body, path) => {
    const problem = await problemOf(await call('POST', '/v1/keys', { body }));
    expect(problem.code).toBe('invalid_request');
    expect(problem.errors?.[0]?.path.split('[')[0]).toBe(path);
  });

  const beyond: [name: string, body: object][] = [
    ['a key without scopes', { name: 'x', role: 'owner' }],
    ['another scope', { name: 'x', role: 'owner', scopes: ['images:erase'] }],
    ['its own scope and one more', { name: 'x', role: 'owner', scopes: ['keys:manage', 'images:read'] }],
    ['a lesser role, of which it has nothing', { name: 'x', role: 'viewer' }],
  ];
  it.each(beyond)('lets a key that only makes keys not make %s', async (_name, body) => {
    const { key } = await newCaller(house, 'owner', ['keys:manage']);
    expect(await problemOf(await call('POST', '/v1/keys', { body, key }))).toMatchObject({
      code: 'forbidden',
    });
    await made({ name: 'the like of itself', role: 'owner', scopes: ['keys:manage'] }, key);
  });
});

describe('DELETE /v1/keys/{id}', () => {
  it('ends a key at once', async () => {
    const { key, id } = await made({ name: 'short', role: 'viewer' });
    expect((await call('GET', '/v1/images', { key })).status).toBe(200);
    expect((await call('DELETE', `/v1/keys/${id}`)).status).toBe(204);
    expect((await call('GET', '/v1/images', { key })).status).toBe(401);
    expect((await problemOf(await call('DELETE', `/v1/keys/${id}`))).code).toBe('key_not_found');
  });

  it('lets a key end itself', async () => {
    const { key, id } = await made({ name: 'brave', role: 'owner' });
    expect((await call('DELETE', `/v1/keys/${id}`, { key })).status).toBe(204);
    expect((await call('GET', '/v1/keys', { key })).status).toBe(401);
  });
});

it('a key ends when it said it would', async () => {
  const { key, expires_at } = await made({ name: 'an hour', role: 'viewer', expires_in: 3600 });
  expect(Date.parse(String(expires_at)) - house.clock.now()).toBeGreaterThan(3_500_000);
  expect((await call('GET', '/v1/images', { key })).status).toBe(200);
  house.clock.advance(3_600_000);
  expect((await call('GET', '/v1/images', { key })).status).toBe(401);
});
