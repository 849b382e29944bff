import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { handMade, rs256With } from '../../identity/testing/hand-made-tokens.ts';
import { openHouse, problemOf } from '../testing/house.ts';

it('people of an OpenID Connect issuer act in the tenant and with the role that it names, unless an owner suspends them', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const server = createServer(({ url: path }, response) => {
    const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }];
    const document = path === '/keys' ? { keys } : { issuer, jwks_uri: `${issuer}/keys` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const house = await openHouse({
    works: false,
    oidc: { issuer, audience: 'photos', tenantClaim: 'tenant', roleClaim: 'role' },
  });
  onTestFinished(() => house.close());

  const exp = Math.floor(Date.now() / 1000) + 300;
  const claims = { iss: issuer, aud: 'photos', sub: 'ada', exp, tenant: 'main', role: 'viewer' };
  const token = handMade({ alg: 'RS256', kid: 'one' }, claims, rs256With(privateKey));
  const call = (method: string, path: string) =>
    house.app.request(path, { method, headers: { authorization: `Bearer ${token}` } });

  expect((await call('GET', '/v1/images')).status).toBe(200);
  expect(await problemOf(await call('GET', '/v1/keys'))).toMatchObject({ code: 'forbidden' });
  expect(await (await call('GET', '/v1/auth/me')).json()).toMatchObject({
    user_id: 'oidc:ada',
    tenant_id: 'main',
    role: 'viewer',
    credential: 'token',
  });
  expect(await problemOf(await call('GET', '/v1/auth/sessions'))).toMatchObject({ code: 'session_required' });

  await house.platform.members.change('main', 'oidc:ada', { status: 'suspended' });
  expect(await problemOf(await call('GET', '/v1/images'))).toMatchObject({ code: 'unauthorized' });
});
