import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRule, callTable } from '../identity/call-table.ts';
import { type Permission, permissions, type Role, reachOf, roles } from '../identity/permissions.ts';
import { documentedRoutes } from './openapi.ts';
import { type Answered, ask, goodRequests } from './testing/access-requests.ts';
import { type Caller, FOREIGN, makeObject, newCaller, unknownLike } from './testing/access-world.ts';
import { authorised, type House, openHouse, TENANT } from './testing/house.ts';

let house: House;
const callers = new Map<Role, Caller>();

beforeAll(async () => {
  house = await openHouse({ works: false, durability: 'none' });
  for (const role of roles) callers.set(role, await newCaller(house, role));
});
afterAll(() => house.close());

const calls = Object.entries(callTable);
const guarded = calls.flatMap(([call, rule]) => {
  const { asks } = rule;
  return asks === 'open' || asks === 'signed' || asks === 'anyone' ? [] : [{ call, rule, asks }];
});

function callerOf(role: Role): Caller {
  const caller = callers.get(role);
  if (!caller) throw new Error(`nobody is ${role}`);
  return caller;
}

/** Whose a thing is, seen from whoever asks. */
const whose = ['own', "the same tenant's", "a foreign tenant's"] as const;
type Whose = (typeof whose)[number];

async function make(rule: CallRule, of: Whose, caller: Caller): Promise<string | undefined> {
  if (!rule.object) return undefined;
  const tenantId = of === "a foreign tenant's" ? FOREIGN : TENANT;
  const userId = of === 'own' ? caller.userId : 'somebody else';
  return makeObject[rule.object](house, { tenantId, userId });
}

function expectAllowed(answered: Answered, call: string): void {
  const expected = goodRequests[call]?.status;
  const shown = JSON.stringify(answered.problem);
  if (expected !== undefined) expect(answered.status, shown).toBe(expected);
  else expect([401, 403, 405, 500], shown).not.toContain(answered.status);
}

function expectForbidden({ status, problem }: Answered, permission: Permission, role: Role): void {
  expect(status).toBe(403);
  // HEAD is answered without a body.
  if (Object.keys(problem).length > 0) expect(problem).toMatchObject({ code: 'forbidden', permission, role });
}

describe('the table of calls', () => {
  it('has every documented call, and no other', () => {
    const documented = documentedRoutes(house.app).map(({ method, path }) => `${method} ${path}`);
    expect(Object.keys(callTable).toSorted()).toEqual(documented.toSorted());
  });

  it('closes what is not in it', async () => {
    const app = house.appWith({});
    app.get('/v1/forgotten', (c) => c.text('a secret'));
    app.get('/forgotten', (c) => c.text('a secret'));
    expect((await app.request('/v1/forgotten')).status).toBe(401);
    for (const path of ['/v1/forgotten', '/forgotten']) {
      const answer = await app.request(path, authorised());
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toContain('secret');
    }
  });

  it('asks for credentials wherever it does not say that a call is open or signed', async () => {
    for (const [call, { asks }] of calls) {
      const { problem, status } = await ask(house, { call });
      const isOpen = asks === 'open' || asks === 'signed';
      expect(status === 401 && (problem.code ?? 'unauthorized') === 'unauthorized', call).toBe(!isOpen);
    }
  });

  it('says in the OpenAPI document what each call asks for', async () => {
    const { paths } = (await (await house.app.request('/openapi.json')).json()) as {
      paths: Record<string, Record<string, { security?: unknown[]; description?: string }>>;
    };
    for (const [call, { asks }] of calls) {
      const [method = '', path = ''] = call.split(' ');
      const operation = paths[path]?.[method.toLowerCase()];
      const isOpen = asks === 'open' || path.startsWith('/i/');
      expect(operation?.security !== undefined, call).toBe(!isOpen);
    }
  });
});

describe.each(roles)('%s', (role) => {
  it.each(guarded)('$call', async ({ call, rule, asks }) => {
    const caller = callerOf(role);
    const reach = reachOf({ role }, asks);
    for (const of of rule.object ? whose : (['own'] as const)) {
      const id = await make(rule, of, caller);
      const answered = await ask(house, { call, key: caller.key, ...(id !== undefined && { id }) });
      const isOthers = rule.object !== undefined && of === "the same tenant's";
      if (reach === undefined || (reach === 'own' && isOthers)) expectForbidden(answered, asks, role);
      else if (of !== "a foreign tenant's") expectAllowed(answered, call);
      else {
        expect(answered.status, of).toBe(404);
        const unknown = await ask(house, { call, key: caller.key, id: unknownLike(id ?? '') });
        expect(answered.fingerprint).toBe(unknown.fingerprint);
      }
    }
  });
});

describe('an API key with one scope', () => {
  it.each(permissions)('%s opens what asks for it, and nothing else', async (scope) => {
    const { key } = await newCaller(house, 'owner', [scope]);
    for (const { call, asks } of guarded) {
      const { status, problem } = await ask(house, { call, key });
      const isForbidden = status === 403 && (problem.code ?? 'forbidden') === 'forbidden';
      const givesTooMuch = problem.permission !== undefined && problem.permission !== asks;
      if (asks === scope) expect(isForbidden && !givesTooMuch, call).toBe(false);
      else expect(isForbidden, call).toBe(true);
    }
  });
});

describe('people may for themselves', () => {
  const forSelf = calls.filter(([, { orSelf }]) => orSelf);
  it.each(forSelf)('%s, with a token and not with a key', async (call, { object }) => {
    const person = () => makeObject[object ?? 'person'](house, { tenantId: TENANT, userId: '' });
    const [userId, other] = [await person(), await person()];
    const ways = [
      { via: { kind: 'key', keyId: 'k' }, id: userId, status: 403 },
      { via: { kind: 'token', sessionId: 's' }, id: other, status: 403 },
      { via: { kind: 'token', sessionId: 's' }, id: userId, status: 200 },
    ] as const;
    for (const { via, id, status } of ways) {
      const authenticate = () => ({ tenantId: TENANT, userId, role: 'viewer' as const, via });
      const answered = await ask(house, { call, id, app: house.appWith({ authenticate }) });
      expect(answered.status, via.kind).toBe(status);
    }
  });
});

it('lists name nothing of another tenant', async () => {
  const owner = callerOf('owner');
  const foreign = await Promise.all(
    Object.values(makeObject).map((each) => each(house, { tenantId: FOREIGN, userId: owner.userId })),
  );
  const lists = guarded.filter(({ call }) => call.startsWith('GET ') && !call.includes('{'));
  expect(lists.length).toBeGreaterThan(6);
  for (const { call } of lists) {
    const { fingerprint } = await ask(house, { call, key: owner.key });
    for (const id of foreign) expect(fingerprint, call).not.toContain(id);
  }
});
