import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../images/clock.ts';
import { createTokenKeys } from './signing-keys.ts';
import { handMade, hmacWith, publicForms, rs256With, type SignWith } from './testing/hand-made-tokens.ts';
import { createVerifier } from './verifier.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** An issuer on this machine, that speaks real HTTP. */
async function startIssuer() {
  const keys = new Map<string, KeyObject>();
  const asked: string[] = [];
  let isAway = false;
  let said: object = {};
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    if (isAway) return void response.writeHead(500).end();
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...said },
      '/keys': {
        keys: [...keys].map(([kid, key]) => ({
          ...key.export({ format: 'jwk' }),
          kid,
          alg: 'RS256',
          use: 'sig',
        })),
      },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(documents[url] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    /** Publishes the key; answers how to sign with it. */
    addKey(kid: string): { signWith: SignWith; publicKey: KeyObject } {
      keys.set(kid, publicKey);
      return { signWith: rs256With(privateKey), publicKey };
    },
    goAway: (away: boolean) => {
      isAway = away;
    },
    say: (fields: object) => {
      said = fields;
    },
  };
  return issuer;
}

const AUDIENCE = 'photos-app';

async function bench() {
  const issuer = await startIssuer();
  const key = issuer.addKey('one');
  const store = { list: async () => [], add: async () => [], removeBefore: async () => {} };
  const verify = createVerifier({
    keys: createTokenKeys({ store, clock: systemClock, lifeMs: 1, tokenLifeMs: 1 }),
    clock: systemClock,
    issuer: () => 'https://photos.example',
    oidc: { issuer: issuer.url, audience: AUDIENCE, tenantClaim: '/team/id', roleClaim: 'groups' },
  });
  const now = Math.floor(Date.now() / 1000);
  const token = ({ head = {}, claims = {}, signWith = key.signWith }: Parts = {}) =>
    handMade(
      { alg: 'RS256', kid: 'one', typ: 'JWT', ...head },
      {
        ...{ iss: issuer.url, aud: AUDIENCE, sub: 'ada', iat: now, exp: now + 300 },
        ...{ team: { id: 'studio' }, groups: ['staff', 'editor'] },
        ...claims,
      },
      signWith,
    );
  return { issuer, verify, token, key, now };
}

interface Parts {
  readonly head?: object;
  readonly claims?: object;
  readonly signWith?: SignWith;
}

describe('tokens of an OpenID Connect issuer', () => {
  it('speak for the person, tenant and role that their claims name', async () => {
    const { verify, token } = await bench();
    expect(await verify(token())).toEqual({
      tenantId: 'studio',
      userId: 'oidc:ada',
      role: 'editor',
      via: { kind: 'token' },
    });
  });

  it.each<[string, object, boolean]>([
    ['the audience in a list', { aud: ['other', AUDIENCE] }, true],
    [
      'the client instead of an audience, as Amazon Cognito does',
      { aud: undefined, client_id: AUDIENCE, token_use: 'access' },
      true,
    ],
    ['another client', { aud: undefined, client_id: 'other' }, false],
    ['the right client for another audience', { aud: 'other', client_id: AUDIENCE }, false],
    ['the kind that says who somebody is, not what he may', { token_use: 'id' }, false],
    ['another audience', { aud: 'other' }, false],
    ['no end', { exp: undefined }, false],
    ['its time over', { exp: 1_000 }, false],
    ['no tenant', { team: undefined }, false],
    ['a tenant that is no name', { team: { id: 'a/b' } }, false],
    ['no role of ours', { groups: ['staff', 'admin'] }, false],
    ['nobody', { sub: undefined }, false],
    ['another issuer', { iss: 'https://evil.example' }, false],
  ])('with %s', async (_, claims, isGood) => {
    const { verify, token } = await bench();
    const answer = verify(token({ claims }));
    if (isGood) expect(await answer).toMatchObject({ userId: 'oidc:ada' });
    else await expect(answer).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('are refused with a shared secret, although the public key is right there', async () => {
    const { verify, token, key } = await bench();
    for (const [form, secret] of Object.entries(publicForms(key.publicKey))) {
      const forged = token({ head: { alg: 'HS256' }, signWith: hmacWith(secret) });
      await expect(verify(forged), form).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });

  it.each([
    ['jku', 'http://127.0.0.1:1/keys'],
    ['x5u', 'http://127.0.0.1:1/cert'],
    ['kid', '../../etc/passwd'],
    ['alg', 'none'],
  ])('are refused with %s %s', async (name, value) => {
    const { verify, token } = await bench();
    await expect(verify(token({ head: { [name]: value } }))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('are checked with documents that are asked for once', async () => {
    const { verify, token, issuer } = await bench();
    await Promise.all(Array.from({ length: 20 }, () => verify(token())));
    await verify(token());
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('with unknown keys do not make us ask again and again', async () => {
    const { verify, token, issuer } = await bench();
    await verify(token());
    for (let times = 0; times < 10; times++) {
      await expect(verify(token({ head: { kid: `made-up-${times}` } }))).rejects.toMatchObject({
        code: 'unauthorized',
      });
    }
    expect(issuer.asked.length).toBeLessThanOrEqual(3);
  });

  it('are neither good nor bad while the issuer is away', async () => {
    const { verify, token, issuer } = await bench();
    issuer.goAway(true);
    await expect(verify(token())).rejects.toMatchObject({ code: 'identity_provider_unavailable' });
  });

  it.each([
    ['is of another issuer', { issuer: 'https://evil.example' }],
    ['names keys at an address without TLS', { jwks_uri: 'http://keys.example/keys' }],
  ])('are not checked where the discovery document %s', async (_, said) => {
    const { verify, token, issuer } = await bench();
    issuer.say(said);
    await expect(verify(token())).rejects.toMatchObject({ code: 'identity_provider_unavailable' });
  });
});
