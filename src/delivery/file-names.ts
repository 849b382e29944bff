import { FORMATS } from '../images/image.ts';
import { extensions, mediaTypes } from '../images/keys.ts';

const extensionByType: ReadonlyMap<string, string> = new Map([
  ...FORMATS.map((format) => [mediaTypes[format], extensions[format]] as const),
  ['application/json', 'json'],
  ['text/css', 'css'],
]);

/** Of a file of this media type, parameters and all; `txt` for other text. */
export function extensionOf(contentType: string): string {
  return extensionByType.get(contentType.split(';', 1)[0] ?? '') ?? 'txt';
}

const sameAs: Readonly<Record<string, string>> = { jpeg: 'jpg', jpe: 'jpg', tif: 'tiff' };

/**
 * What a rendering is called when it is saved: `processed_` and the original's name, with the extension of its own
 * format where that differs.
 */
export function processedName(original: string, extension: string): string {
  return `processed_${withExtension(original, extension)}`;
}

/**
 * @param name with an extension or without one
 * @param extension without a dot
 */
export function withExtension(name: string, extension: string): string {
  const [, stem = name, given = ''] = /^(.+)\.([A-Za-z0-9]{1,5})$/s.exec(name) ?? [];
  const lower = given.toLowerCase();
  return (sameAs[lower] ?? lower) === extension ? name : `${stem}.${extension}`;
}

/**
 * `Content-Disposition` (RFC 6266): a quoted ASCII name for old clients and, where that loses something, the real
 * one in UTF-8 (RFC 8187).
 */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const real = name.toWellFormed().replace(UNSAFE, '_');
  const ascii = real.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  const plain = `${kind}; filename="${ascii}"`;
  return ascii === real ? plain : `${plain}; filename*=UTF-8''${extended(real)}`;
}

/** Control characters end headers, separators make paths, and direction overrides make `gpj.exe` read as `exe.jpg`. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069/\\]/gu;

function extended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
