import { Webhook as Verifier } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { makeSecret, rotated, signatureHeaders } from './signature.ts';

const NOW = Date.now();
const signed = { id: 'msg_1', at: NOW, body: '{"é":"ü"}' };

const verify = (secret: string, headers: Record<string, string>, body = signed.body) =>
  new Verifier(secret).verify(body, headers);

describe('a signature', () => {
  it('is what others verify', () => {
    const secret = makeSecret();
    expect(verify(secret, signatureHeaders(signed, [{ secret }]))).toEqual({ é: 'ü' });
  });

  it('is the one that the specification computes', () => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const at = 1_614_265_330_000;
    const headers = signatureHeaders(
      { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at, body: '{"test": 2432232314}' },
      [{ secret }],
    );
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(headers['webhook-timestamp']).toBe('1614265330');
  });

  it.each([
    ['another body', (headers: Record<string, string>) => ({ headers, body: '{}' })],
    [
      'another id',
      (headers: Record<string, string>) => ({
        headers: { ...headers, 'webhook-id': 'msg_2' },
        body: signed.body,
      }),
    ],
    [
      'another time',
      (headers: Record<string, string>) => ({
        headers: { ...headers, 'webhook-timestamp': String(Math.floor(NOW / 1000) + 1) },
        body: signed.body,
      }),
    ],
  ])('does not fit %s', (_name, change) => {
    const secret = makeSecret();
    const { headers, body } = change(signatureHeaders(signed, [{ secret }]));
    expect(() => verify(secret, headers, body)).toThrow();
  });

  it('is of each secret while one takes the place of another, then of the new one alone', () => {
    const [old, next] = [makeSecret(), makeSecret()];
    const secrets = rotated([{ secret: old }], { secret: next, now: NOW, overlapMs: 60_000 });
    const during = signatureHeaders(signed, secrets);
    expect(verify(old, during)).toBeTruthy();
    expect(verify(next, during)).toBeTruthy();
    const after = signatureHeaders({ ...signed, at: NOW + 60_000 }, secrets);
    expect(verify(next, after)).toBeTruthy();
    expect(() => verify(old, after)).toThrow();
  });

  it('of a secret that was replaced twice ends', () => {
    const [first, second, third] = [makeSecret(), makeSecret(), makeSecret()];
    const about = { now: NOW, overlapMs: 60_000 };
    const once = rotated([{ secret: first }], { secret: second, ...about });
    expect(rotated(once, { secret: third, ...about })).toEqual([
      { secret: third },
      { secret: second, endsAt: NOW + 60_000 },
    ]);
    expect(rotated(once, { secret: third, now: NOW, overlapMs: 0 })).toEqual([{ secret: third }]);
  });
});
