/**
 * Text from base64url without padding (RFC 4648, 5) that holds UTF-8. Written out, because not every edge runtime
 * has `atob` and `TextDecoder`.
 *
 * @returns undefined for everything that an encoder would not have written: other alphabets, padding, bits left
 *   over, bytes that are not UTF-8
 */
export function decodeBase64url(encoded: string): string | undefined {
  let percentEncoded = '';
  let bits = 0;
  let held = 0;
  for (const character of encoded) {
    const sextet = ALPHABET.indexOf(character);
    if (sextet < 0) return undefined;
    held = (held << 6) | sextet;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    percentEncoded += `%${(held >> bits).toString(16).padStart(2, '0')}`;
    held &= (1 << bits) - 1;
  }
  return bits === 6 || held !== 0 ? undefined : fromPercentEncoded(percentEncoded);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** @returns undefined where it is malformed or not UTF-8 */
export function fromPercentEncoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
