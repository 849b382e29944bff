import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../failures.ts';

/**
 * Signed URLs: HMAC-SHA-256 over the method, the path and the query without the signature, exactly as sent.
 *
 * There is one form and no other: `{path}?{query}&exp={unix seconds}&sig={key id}.{base64url}`, with `sig` last.
 * Nothing is decoded, sorted or normalised before the comparison, because two parties that normalise differently
 * are how signatures get forged. What follows from it: only the byte-identical URL verifies.
 */
export interface Signer {
  /**
   * @returns path and query with `exp` and `sig`, as they are to be sent
   * @throws Error where the path or a parameter cannot be part of a signed URL: a fault of ours, never of a caller
   */
  sign(link: LinkToSign): string;

  /**
   * @param pathAndQuery the request target as it arrived, before any decoding
   * @param now milliseconds
   * @returns until when the link is good, milliseconds: no cache may keep the answer longer
   * @throws Failure `signature_invalid`, `signature_expired`
   */
  verify(method: string, pathAndQuery: string, now: number): { expiresAt: number };
}

export interface SigningKey {
  /** 1..64 of `[A-Za-z0-9_-]`; public, part of the URL */
  readonly id: string;
  /** at least 16 characters */
  readonly secret: string;
}

export interface LinkToSign {
  readonly method: string;
  /** begins with `/`, percent-encoded already */
  readonly path: string;
  /** decoded; in this order */
  readonly query?: readonly (readonly [name: string, value: string])[];
  /** milliseconds; rounded down to a second */
  readonly expiresAt: number;
}

/** The first key signs; all of them verify, so that keys can be rotated. */
export function createSigner({ keys }: { keys: readonly SigningKey[] }): Signer {
  const [current] = keys;
  if (current === undefined) throw new Error('a signer needs at least one key');
  const secrets = new Map(keys.map(checkedKey));
  if (secrets.size !== keys.length) throw new Error('two signing keys have the same id');

  return {
    sign(link) {
      const target = unsignedTarget(link);
      return `${target}&sig=${current.id}.${authenticate(current.secret, link.method, target)}`;
    },

    verify(method, pathAndQuery, now) {
      const [, target, keyId, given] = SIGNED.exec(pathAndQuery.slice(0, MAX_TARGET + 1)) ?? [];
      const secret = secrets.get(keyId ?? '');
      if (target === undefined || given === undefined || secret === undefined) throw invalid();
      if (pathAndQuery.length > MAX_TARGET) throw invalid();
      if (!sameText(authenticate(secret, method, target), given)) throw invalid();
      const expiresAt = expiryOf(target);
      if (expiresAt === undefined) throw invalid();
      if (now >= expiresAt) throw expired();
      return { expiresAt };
    },
  };
}

/** Longer request targets are refused before they cost anything. */
const MAX_TARGET = 8192;

/** 43 characters are 256 bits of base64url. All of it is visible ASCII: what a request target may consist of. */
const SIGNED = /^(\/[!-~]*\?[!-~]*)&sig=([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})$/;

const EXPIRY = /^exp=([1-9][0-9]{0,11})$/;

function checkedKey({ id, secret }: SigningKey): [string, string] {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error(`${JSON.stringify(id)} cannot be a key id`);
  if (secret.length < 16) throw new Error(`the secret of signing key ${id} is shorter than 16 characters`);
  return [id, secret];
}

function unsignedTarget({ path, query = [], expiresAt }: LinkToSign): string {
  const exp = String(Math.floor(expiresAt / 1000));
  const pairs = [...query, ['exp', exp] as const];
  const target = `${path}?${pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')}`;
  const seenByClients = new URL(target, 'http://host');
  if (`${seenByClients.pathname}${seenByClients.search}` !== target || seenByClients.host !== 'host') {
    throw new Error(`clients would not send ${JSON.stringify(path)} as it is: it cannot be signed`);
  }
  if (expiryOf(target) === undefined) {
    throw new Error(
      'a signed URL has one exp, of whole seconds after 1970, and its query names neither exp nor sig',
    );
  }
  return target;
}

/** RFC 3986: `encodeURIComponent` leaves characters that URL parsers of clients rewrite. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Milliseconds; undefined where the query does not have exactly one `exp`, well-formed, and no `sig`. */
function expiryOf(target: string): number | undefined {
  const parameters = target.slice(target.indexOf('?') + 1).split('&');
  const named = parameters.filter((parameter) => ['exp', 'sig'].includes(nameOf(parameter)));
  const [, seconds] = (named.length === 1 && EXPIRY.exec(named[0] ?? '')) || [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** As a lenient parser behind us would read it: `%65xp` is `exp` there. */
function nameOf(parameter: string): string {
  const [name = ''] = parameter.split('=', 1);
  return new URLSearchParams(`${name}=`).keys().next().value ?? '';
}

function authenticate(secret: string, method: string, target: string): string {
  const question = target.indexOf('?');
  const message = `${method}\n${target.slice(0, question)}\n${target.slice(question + 1)}`;
  return createHmac('sha256', secret).update(message).digest('base64url');
}

/**
 * Compares the texts and not the bytes behind them: of the four last characters that decode to the same bytes, only
 * one is ours.
 */
function sameText(expected: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

function invalid(): Failure {
  return new Failure(
    'signature_invalid',
    'The signature does not match this method and URL. Send the URL exactly as it was given, or ask for a new one.',
  );
}

function expired(): Failure {
  return new Failure('signature_expired', 'This link has expired. Ask for a new one.');
}
