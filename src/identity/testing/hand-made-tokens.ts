import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';
import type { JWK } from 'jose';

/** Tokens as attackers make them: no library says no to what goes into them. */

export function base64url(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

export type SignWith = (input: string) => string;

export function handMade(head: unknown, claims: unknown, signWith: SignWith): string {
  const input = `${base64url(head)}.${base64url(claims)}`;
  return `${input}.${signWith(input)}`;
}

export const unsigned: SignWith = () => '';

/** HMAC with whatever bytes: a public key, for one. */
export function hmacWith(secret: string | Buffer, hash = 'sha256'): SignWith {
  return (input) => createHmac(hash, secret).update(input).digest('base64url');
}

/** What the algorithm ES256 asks for. */
export function es256With(key: KeyObject): SignWith {
  return (input) =>
    sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
}

export function rs256With(key: KeyObject): SignWith {
  return (input) => sign('sha256', Buffer.from(input), key).toString('base64url');
}

/** A public key in the forms in which people have taken it for a shared secret. */
export function publicForms(key: KeyObject): Record<string, string | Buffer> {
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    PEM: pem,
    'PEM without its last line end': pem.trimEnd(),
    'PEM behind a space': ` ${pem}`,
    'PEM behind a line end': `\n${pem}`,
    DER: publicKey.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(publicKey.export({ format: 'jwk' }) as JWK),
    nothing: '',
  };
}
