/** One range of bytes, both ends inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Longer headers are somebody who tries something (CVE-2026-33658): they are not even looked at. */
const MAX_HEADER = 64;

/**
 * Reads `Range` (RFC 9110, 14.2). Several ranges, other units and what cannot be read mean the whole object, which
 * every client has to understand. An end beyond the object, however far, is the object's end.
 *
 * @param size bytes of the object
 * @returns 'unsatisfiable' where the range lies outside the object
 */
export function readRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  if (header === undefined || header.length > MAX_HEADER) return 'whole';
  const [, specs = ''] = /^bytes=(.*)$/i.exec(header.trim()) ?? [];
  const [spec = '', ...others] = specs
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (others.length > 0 || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
