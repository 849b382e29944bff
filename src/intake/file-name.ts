/** What file systems and S3 metadata bear, in bytes of UTF-8. */
export const MAX_FILENAME_BYTES = 255;

/**
 * A sender's file name as it is kept: one line of text without path separators. It stays data.
 *
 * @param maxBytes of UTF-8; a name that is longer loses the end of its stem and keeps a short extension
 * @returns `image` where nothing is left
 */
export function normaliseFilename(raw: string, maxBytes = MAX_FILENAME_BYTES): string {
  const name = raw.toWellFormed().normalize('NFC').replace(SEPARATORS, '_').replace(INVISIBLE, '').trim();
  return capped(name === '.' || name === '..' ? '' : name, maxBytes) || 'image';
}

const SEPARATORS = /[/\\]/g;

/**
 * Control characters and line separators would break headers and logs. Bidirectional embeddings, overrides and
 * isolates make `gpj.exe` read as `exe.jpg` (CVE-2021-42574); marks of right-to-left scripts stay.
 */
const INVISIBLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const MAX_EXTENSION_BYTES = 16;

function capped(name: string, maxBytes: number): string {
  if (byteLength(name) <= maxBytes) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  return cut(name, maxBytes - byteLength(extension)).trimEnd() + extension;
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
