/**
 * One text for equal values, in whatever order their members were written: the JSON Canonicalization Scheme
 * (RFC 8785). What is hashed or signed is hashed and signed in this form, so that anybody can make it again.
 *
 * @throws TypeError for what JSON cannot say: undefined, functions, numbers that are not finite, half a character
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) return canonicalObject(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  throw new TypeError(`JSON has no ${typeof value === 'number' ? String(value) : typeof value}`);
}

function canonicalObject(value: object): string {
  // Section 3.2.3: by UTF-16 code units, which is how this language compares texts.
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`).join(',')}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a text with half a character has no canonical form');
  return JSON.stringify(text);
}
