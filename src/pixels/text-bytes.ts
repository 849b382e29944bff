/** UTF-8 where it is, else Latin-1: old metadata seldom says which, and what it says is often wrong. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
}
