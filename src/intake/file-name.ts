/** What file systems and S3 metadata bear, in bytes of UTF-8. */
export const MAX_FILENAME_BYTES = 255;

/**
 * A sender's file name as it is kept: one line of text without path separators, at most
 * {@link MAX_FILENAME_BYTES} bytes of UTF-8. It stays data; no path is ever made from it.
 *
 * @returns `image` where nothing is left
 */
export function normaliseFilename(raw: string): string {
  const name = raw.toWellFormed().normalize('NFC').replace(SEPARATORS, '_').replace(INVISIBLE, '').trim();
  return capped(name === '.' || name === '..' ? '' : name) || 'image';
}

const SEPARATORS = /[/\\]/g;

/**
 * Control characters and line separators would break headers and logs. Bidirectional embeddings, overrides and
 * isolates make `gpj.exe` read as `exe.jpg` (CVE-2021-42574); marks of right-to-left scripts stay.
 */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const MAX_EXTENSION_BYTES = 16;

/** Cuts the stem and keeps a short extension, on a character boundary. */
function capped(name: string): string {
  if (byteLength(name) <= MAX_FILENAME_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  return cut(name, MAX_FILENAME_BYTES - byteLength(extension)).trimEnd() + extension;
}

/** The longest start of `text` that takes no more than so many bytes. */
function cut(text: string, bytes: number): string {
  let end = 0;
  let used = 0;
  for (const character of text) {
    used += byteLength(character);
    if (used > bytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
