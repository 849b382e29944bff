import { createHmac, timingSafeEqual } from 'node:crypto';
import { Failure } from '../failures.ts';

/**
 * Signed URLs: HMAC-SHA-256 over the method, the path and the query without the signature, exactly as sent.
 *
 * There is one form and no other: `{path}?{query}&exp={unix seconds}&sig={key id}.{base64url}`, with `sig` last.
 * Nothing is decoded, sorted or normalised before the comparison, because two parties that normalise differently
 * are how signatures get forged. What follows from it: only the byte-identical URL verifies.
 */
export interface Signer extends Verifier {
  /**
   * @returns path and query with `exp` and `sig`, as they are to be sent
   * @throws Failure `invalid_request` where a parameter is called `exp` or `sig`, or there is too much of them
   * @throws Error where the path cannot be part of a signed URL: a fault of ours, never of a caller
   */
  sign(link: LinkToSign): string;
}

export interface Verifier {
  /**
   * @param pathAndQuery the request target as it arrived, before any decoding
   * @param now milliseconds
   * @returns until when the link is good, milliseconds: its own end or that of its key. No cache may keep the answer longer
   * @throws Failure `signature_invalid`, `signature_expired`
   */
  verify(method: string, pathAndQuery: string, now: number): { expiresAt: number };
}

export interface SigningKey {
  /** 1..64 of `[A-Za-z0-9_-]`; public, part of the URL */
  readonly id: string;
  /** at least 16 characters */
  readonly secret: string;
  /** milliseconds; verifies nothing from then on. Never where absent */
  readonly endsAt?: number;
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
  return {
    ...createVerifier({ keys }),
    sign(link) {
      const target = unsignedTarget(link);
      return `${target}&sig=${current.id}.${authenticate(current.secret, link.method, target)}`;
    },
  };
}

/** All of the keys verify; where there are none, nothing does. */
export function createVerifier({ keys }: { keys: readonly SigningKey[] }): Verifier {
  const byId = new Map(keys.map((key) => [checkedKey(key).id, key]));
  if (byId.size !== keys.length) throw new Error('two signing keys have the same id');
  return {
    verify(method, pathAndQuery, now) {
      const { target, keyId, given } = taken(pathAndQuery);
      const key = byId.get(keyId);
      if (key === undefined) throw invalidSignature();
      if (!sameText(authenticate(key.secret, method, target), given)) throw invalidSignature();
      const ends = expiryOf(target);
      if (ends === undefined) throw invalidSignature();
      const expiresAt = Math.min(ends, key.endsAt ?? Number.POSITIVE_INFINITY);
      if (now >= expiresAt) throw expiredSignature();
      return { expiresAt };
    },
  };
}

/** Longer request targets are refused before they cost anything. */
export const MAX_TARGET = 8192;

/** What leaves room for the signature. */
const MAX_SIGNED = MAX_TARGET - '&sig='.length - 64 - '.'.length - 43;

/** Visible ASCII: all that a request target may consist of. */
export const TARGET = /^\/[!-~]*$/;

/** 43 characters are 256 bits of base64url. */
const SIGNATURE = /^&sig=([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})$/;

const EXPIRY = /^exp=([1-9][0-9]{0,11})$/;

/** Takes a signed target apart. @throws Failure `signature_invalid` where it does not have the one form */
function taken(pathAndQuery: string): { target: string; keyId: string; given: string } {
  if (pathAndQuery.length > MAX_TARGET || !TARGET.test(pathAndQuery)) throw invalidSignature();
  const end = pathAndQuery.lastIndexOf('&');
  const target = pathAndQuery.slice(0, Math.max(end, 0));
  const [, keyId, given] = SIGNATURE.exec(pathAndQuery.slice(target.length)) ?? [];
  if (keyId === undefined || given === undefined || !target.includes('?')) throw invalidSignature();
  return { target, keyId, given };
}

function checkedKey(key: SigningKey): SigningKey {
  const { id, secret } = key;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Error(`${JSON.stringify(id)} cannot be a key id`);
  if (secret.length < 16) throw new Error(`the secret of signing key ${id} is shorter than 16 characters`);
  return key;
}

function unsignedTarget({ path, query = [], expiresAt }: LinkToSign): string {
  const exp = Math.floor(expiresAt / 1000);
  if (!EXPIRY.test(`exp=${exp}`)) throw new Error(`a link cannot expire at ${expiresAt} ms`);
  const pairs = [...query, ['exp', String(exp)] as const];
  const target = `${path}?${pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')}`;
  if (path.includes('?') || !survivesParsing(target)) {
    throw new Error(`clients would not send ${JSON.stringify(path)} as it is: it cannot be signed`);
  }
  if (expiryOf(target) === undefined) {
    throw new Failure(
      'invalid_request',
      'exp and sig belong to the signature. Leave them out of the parameters.',
    );
  }
  if (target.length > MAX_SIGNED) {
    throw new Failure(
      'invalid_request',
      `The link would be longer than ${MAX_SIGNED} characters. Shorten the parameters.`,
    );
  }
  return target;
}

/** A client that parses the URL and writes it again (all of them do) must send the same bytes. */
function survivesParsing(target: string): boolean {
  const url = new URL(target, 'http://host');
  return url.host === 'host' && url.pathname + url.search === target;
}

/** RFC 3986: `encodeURIComponent` leaves characters that URL parsers of clients rewrite. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Milliseconds; undefined where the query does not have exactly one `exp`, well-formed, and no `sig`. */
function expiryOf(target: string): number | undefined {
  const parameters = target.slice(target.indexOf('?') + 1).split('&');
  const named = parameters.filter((parameter) => ['exp', 'sig'].includes(parameterName(parameter)));
  const [, seconds] = (named.length === 1 && EXPIRY.exec(named[0] ?? '')) || [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** As a lenient parser behind us would read it: `%65xp` is `exp` there. */
export function parameterName(parameter: string): string {
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
export function sameText(expected: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

export function invalidSignature(): Failure {
  return new Failure(
    'signature_invalid',
    'The signature does not match this method and URL. Send the URL exactly as it was given, or ask for a new one.',
  );
}

export function expiredSignature(): Failure {
  return new Failure('signature_expired', 'This link has expired. Ask for a new one.');
}
