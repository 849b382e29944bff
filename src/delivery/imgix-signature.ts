import { createHash } from 'node:crypto';
import {
  expiredSignature,
  invalidSignature,
  MAX_TARGET,
  parameterName,
  sameText,
  TARGET,
} from './signing.ts';

/**
 * Signatures as the clients of imgix make them, for tenants that move over: `s`, last in the query, is the lower-case
 * hex MD5 of the token followed by path and query without it. `expires` in the query is the end in seconds.
 *
 * An MD5 of secret and text can be continued by somebody who knows neither (length extension), but only with zero bytes
 * in between: nothing but visible ASCII is taken. It stays a weak signature; Darkroom's own is the one to take.
 * Nothing is decoded or sorted: only the byte-identical target verifies.
 *
 * @param pathAndQuery the request target as it arrived, before any decoding
 * @param now milliseconds
 * @returns until when the URL is good, milliseconds; without `expires` that is for ever
 * @throws Failure `signature_invalid`, `signature_expired`
 */
export function verifyImgix(token: string, pathAndQuery: string, now: number): { expiresAt: number } {
  const { target, given } = taken(pathAndQuery);
  if (!sameText(createHash('md5').update(token).update(target).digest('hex'), given))
    throw invalidSignature();
  const expiresAt = expiryOf(target);
  if (now >= expiresAt) throw expiredSignature();
  return { expiresAt };
}

/** 32 characters are 128 bits of hex. */
const SIGNATURE = /^([?&])s=([0-9a-f]{32})$/;
const SIGNATURE_LENGTH = '&s='.length + 32;

function taken(pathAndQuery: string): { target: string; given: string } {
  if (pathAndQuery.length > MAX_TARGET || !TARGET.test(pathAndQuery)) throw invalidSignature();
  const target = pathAndQuery.slice(0, -SIGNATURE_LENGTH);
  const [, before, given] = SIGNATURE.exec(pathAndQuery.slice(target.length)) ?? [];
  // Either character could stand there: both would be signed alike, and one of them is ours.
  const isOurs = before === (target.includes('?') ? '&' : '?');
  if (given === undefined || !isOurs) throw invalidSignature();
  return { target, given };
}

const EXPIRY = /^expires=([1-9][0-9]{0,11})$/;

/** @throws Failure `signature_invalid` where there is more than one end or signature, or one in disguise */
function expiryOf(target: string): number {
  const question = target.indexOf('?');
  const parameters = question < 0 ? [] : target.slice(question + 1).split('&');
  const named = parameters.filter((parameter) => ['expires', 's'].includes(parameterName(parameter)));
  if (named.length === 0) return Number.POSITIVE_INFINITY;
  const [, seconds] = (named.length === 1 && EXPIRY.exec(named[0] ?? '')) || [];
  if (seconds === undefined) throw invalidSignature();
  return Number(seconds) * 1000;
}
