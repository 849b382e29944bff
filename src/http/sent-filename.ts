/**
 * What a sender calls the file of a raw body: `Content-Disposition` (RFC 6266), `?filename=`, or `X-Filename`, in
 * this order. The name is data; the intake makes it harmless.
 *
 * @param header looks up a request header by its lower-case name
 * @returns '' where the sender says nothing
 */
export function sentFilename(header: (name: string) => string | undefined, query: URLSearchParams): string {
  const disposition = header('content-disposition');
  const plain = header('x-filename');
  return (
    (disposition === undefined ? undefined : dispositionFilename(disposition)) ??
    query.get('filename') ??
    (plain === undefined ? undefined : percentDecoded(utf8(plain))) ??
    ''
  );
}

/** The `filename*` of a Content-Disposition, else its `filename`. */
export function dispositionFilename(disposition: string): string | undefined {
  const [, extended] = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i.exec(disposition) ?? [];
  if (extended !== undefined) return percentDecoded(extended);
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]+))/i.exec(disposition) ?? [];
  const name = quoted?.replace(/\\(.)/g, '$1') ?? token;
  return name === undefined ? undefined : utf8(name);
}

/** Node reads headers as Latin-1; browsers and curl write names as UTF-8. */
function utf8(latin1: string): string {
  const text = Buffer.from(latin1, 'latin1');
  return text.toString('latin1') === latin1 && !isAscii(latin1) ? decoded(text, latin1) : latin1;
}

function decoded(bytes: Buffer, otherwise: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return otherwise;
  }
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
