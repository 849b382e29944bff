import { createPrivateKey, generateKeyPairSync, type JsonWebKeyInput } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { createMint } from './access-tokens.ts';
import { createTokenKeys, PUBLISHED_AHEAD_MS, publicJwk, type TokenKey } from './signing-keys.ts';
import {
  es256With,
  handMade,
  hmacWith,
  publicForms,
  type SignWith,
  unsigned,
} from './testing/hand-made-tokens.ts';
import { createVerifier } from './verifier.ts';

function privateKeyOf({ kty, crv, x, y, d }: JWK) {
  return createPrivateKey({ key: { kty, crv, x, y, d }, format: 'jwk' } as JsonWebKeyInput);
}

const ISSUER = 'https://photos.example';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const holder = { userId: 'u1', tenantId: 't1', role: 'editor', sessionId: 's1' } as const;

function bench() {
  let kept: TokenKey[] = [];
  const clock = { at: Date.UTC(2026, 5, 1), now: () => clock.at };
  const keys = createTokenKeys({
    clock,
    lifeMs: 30 * DAY,
    tokenLifeMs: 10 * MINUTE,
    store: {
      list: async () => kept,
      add: async (key, after) => {
        if (!kept.some(({ createdAt }) => createdAt > after)) kept = [...kept, key];
        return kept;
      },
      removeBefore: async (at) => {
        kept = kept.filter(({ createdAt }) => createdAt >= at);
      },
    },
  });
  const mint = createMint({ keys, clock, issuer: () => ISSUER });
  const verify = createVerifier({ keys, clock, issuer: () => ISSUER });
  return { clock, keys, mint, verify };
}

type Bench = ReturnType<typeof bench>;

/** A good token of ours with parts replaced, signed with our own key unless said otherwise. */
async function forged(
  { keys, clock }: Bench,
  { head = {}, claims = {}, signWith }: { head?: object; claims?: object; signWith?: SignWith },
): Promise<string> {
  const { kid, privateJwk } = await keys.current();
  const own = privateKeyOf(privateJwk);
  const now = Math.floor(clock.now() / 1000);
  return handMade(
    { alg: 'ES256', typ: 'at+jwt', kid, ...head },
    {
      ...{ iss: ISSUER, aud: 'darkroom', sub: 'u1', tenant: 't1', role: 'editor', sid: 's1', jti: 'j1' },
      ...{ iat: now, exp: now + 600 },
      ...claims,
    },
    signWith ?? es256With(own),
  );
}

const attacker = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const byAttacker = es256With(attacker.privateKey);
const attackerJwk = attacker.publicKey.export({ format: 'jwk' });

describe('tokens of ours', () => {
  it('speak for whom they were made', async () => {
    const { mint, verify } = bench();
    expect(await verify(await mint(holder))).toEqual({
      tenantId: 't1',
      userId: 'u1',
      role: 'editor',
      via: { kind: 'token', sessionId: 's1' },
    });
  });

  it('are what the forgeries below begin with: an unchanged one is good', async () => {
    const at = bench();
    expect(await at.verify(await forged(at, {}))).toMatchObject({ userId: 'u1' });
  });

  const past = { exp: Math.floor(Date.UTC(2026, 5, 1) / 1000) - 1 };
  const future = Math.floor(Date.UTC(2026, 5, 1) / 1000) + 60;
  const forgeries: [string, Parameters<typeof forged>[1]][] = [
    ['alg none', { head: { alg: 'none' }, signWith: unsigned }],
    ['alg None', { head: { alg: 'None' }, signWith: unsigned }],
    ['alg nOnE with a signature', { head: { alg: 'nOnE' } }],
    ['no alg', { head: { alg: undefined } }],
    ['no signature', { signWith: unsigned }],
    ['a signature by somebody else', { signWith: byAttacker }],
    ['another algorithm of the same kind', { head: { alg: 'ES384' } }],
    ['alg EdDSA', { head: { alg: 'EdDSA' } }],
    ['its time over', { claims: past }],
    ['no end', { claims: { exp: undefined } }],
    ['an end that is text', { claims: { exp: '9999999999' } }],
    ['no beginning', { claims: { iat: undefined } }],
    ['a time that has not come', { claims: { nbf: future } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['an issuer that begins like ours', { claims: { iss: `${ISSUER}.evil.example` } }],
    ['a list of issuers', { claims: { iss: [ISSUER, 'https://evil.example'] } }],
    ['no issuer', { claims: { iss: undefined } }],
    ['another audience', { claims: { aud: 'lightroom' } }],
    ['no audience', { claims: { aud: undefined } }],
    ['an unknown kid', { head: { kid: 'another' } }],
    ['no kid', { head: { kid: undefined } }],
    ['a kid that is a path', { head: { kid: '../../../../dev/null' }, signWith: hmacWith('') }],
    ['a kid that is an absolute path', { head: { kid: '/dev/null' } }],
    ['a kid that is SQL', { head: { kid: "' OR '1'='1" } }],
    ['a kid that is a member of all objects', { head: { kid: '__proto__' } }],
    ['a kid that is a list', { head: { kid: ['a'] } }],
    ['a kid with a null byte', { head: { kid: 'a\0' } }],
    ['a key of its own', { head: { jwk: attackerJwk }, signWith: byAttacker }],
    ['a key of its own and no kid', { head: { jwk: attackerJwk, kid: undefined }, signWith: byAttacker }],
    ['a key at an address', { head: { jku: 'https://evil.example/jwks.json' }, signWith: byAttacker }],
    ['a certificate at an address', { head: { x5u: 'https://evil.example/cert' }, signWith: byAttacker }],
    ['a certificate of its own', { head: { x5c: ['MIIB'] }, signWith: byAttacker }],
    ['an address, although our key signed it', { head: { jku: 'https://evil.example/jwks.json' } }],
    ['a rule that must be understood', { head: { crit: ['rule'], rule: true } }],
    ['another type', { head: { typ: 'JWT' } }],
    ['no type', { head: { typ: undefined } }],
    ['no session', { claims: { sid: undefined } }],
    ['no tenant', { claims: { tenant: undefined } }],
    ['a tenant that is a path', { claims: { tenant: '../other' } }],
    ['a role that there is not', { claims: { role: 'root' } }],
    ['a role that all objects have', { claims: { role: 'constructor' } }],
  ];

  it.each(forgeries)('are refused with %s', async (_, parts) => {
    const at = bench();
    await expect(at.verify(await forged(at, parts))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it.each(['HS256', 'HS384', 'HS512'])(
    'are refused with %s and our public key as the secret',
    async (alg) => {
      const at = bench();
      const { privateJwk } = await at.keys.current();
      const own = privateKeyOf(privateJwk);
      for (const [form, secret] of Object.entries(publicForms(own))) {
        const token = await forged(at, {
          head: { alg },
          signWith: hmacWith(secret, alg.replace('HS', 'sha')),
        });
        await expect(at.verify(token), form).rejects.toMatchObject({ code: 'unauthorized' });
      }
    },
  );

  it.each([
    ['nothing', ''],
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.e30.e30'],
    ['parts that are no JSON', 'eyJ.eyJ.eyJ'],
    ['five parts, encrypted', 'e30.e30.e30.e30.e30'],
  ])('are not: %s', async (_, token) => {
    await expect(bench().verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('are refused when one letter of them is another', async () => {
    const at = bench();
    const token = await at.mint(holder);
    for (const place of [5, token.indexOf('.') + 5, token.lastIndexOf('.') + 5]) {
      const other = token.charAt(place) === 'A' ? 'B' : 'A';
      const changed = token.slice(0, place) + other + token.slice(place + 1);
      await expect(at.verify(changed)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });
});

describe('keys', () => {
  it('take turns: published before they sign, good until no token needs them', async () => {
    const { clock, keys, mint, verify } = bench();
    const first = await keys.current();
    clock.at += 30 * DAY;
    const lastOfFirst = await mint(holder);
    expect((await keys.publicKeys()).keys).toHaveLength(2);
    expect((await keys.current()).kid).toBe(first.kid);
    clock.at += PUBLISHED_AHEAD_MS - 1000;
    const veryLastOfFirst = await mint(holder);
    clock.at += 1000;
    const second = await keys.current();
    expect(second.kid).not.toBe(first.kid);
    expect(await verify(veryLastOfFirst)).toMatchObject({ userId: 'u1' });
    await expect(verify(lastOfFirst)).rejects.toMatchObject({ code: 'unauthorized' });
    clock.at += 30 * DAY;
    expect((await keys.publicKeys()).keys.map(({ kid }) => kid)).not.toContain(first.kid);
  });

  it('are published without what must stay here', async () => {
    const { keys } = bench();
    const { keys: published } = await keys.publicKeys();
    expect(published).toEqual([
      {
        kid: expect.any(String),
        alg: 'ES256',
        use: 'sig',
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
      },
    ]);
    expect(publicJwk(await keys.current())).not.toHaveProperty('d');
  });
});
