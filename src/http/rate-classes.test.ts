import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { callTable } from '../identity/call-table.ts';
import { rateRules } from '../limits/rules.ts';
import { rateClass } from './rate-classes.ts';

describe('the rule of a call', () => {
  it.each([
    ['POST', '/v1/auth/sign-in', 'sign_in'],
    ['POST', '/v1/auth/mfa', 'sign_in'],
    ['POST', '/v1/auth/reset-password', 'sign_in'],
    ['POST', '/v1/auth/mfa/disable', 'sign_in'],
    ['POST', '/v1/auth/refresh', 'public'],
    ['POST', '/v1/auth/sign-out', 'writes'],
    ['GET', '/v1/auth/me', 'reads'],
    ['DELETE', '/v1/auth/sessions/x', 'writes'],
    ['POST', '/v1/images', 'uploads'],
    ['GET', '/v1/images', 'reads'],
    ['PUT', '/v1/upload/x', 'uploads'],
    ['POST', '/v1/upload', 'writes'],
    ['PATCH', '/v1/resumable/x', 'uploads'],
    ['HEAD', '/v1/resumable/x', 'reads'],
    ['DELETE', '/v1/image/x', 'writes'],
    ['GET', '/docs', 'public'],
    ['GET', '/.well-known/jwks.json', 'public'],
    ['GET', '/i/x/y.jpg', undefined],
    ['GET', '/healthz', undefined],
    ['GET', '/metrics', undefined],
  ])('%s %s is %s', (method, path, rule) => {
    expect(rateClass(method, path)).toBe(rule);
  });

  it('is there for every call of the table but pictures, probes and the figures', () => {
    const without = Object.keys(callTable).filter((call) => {
      const [method = '', path = ''] = call.split(' ');
      return rateClass(method, path) === undefined;
    });
    expect(without.toSorted()).toEqual([
      'GET /healthz',
      'GET /i/{image_id}',
      'GET /i/{image_id}/{name}',
      'GET /metrics',
      'GET /readyz',
      'OPTIONS /v1/resumable',
    ]);
  });

  it('is in docs/limits.md as it is', () => {
    const page = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');
    for (const [name, { party, quota, windowMs, meaning }] of Object.entries(rateRules)) {
      const most = quota.toLocaleString('en');
      expect(page).toContain(`| \`${name}\` | ${party} | ${most} in ${windowMs / 1000} s | ${meaning} |`);
    }
  });
});
