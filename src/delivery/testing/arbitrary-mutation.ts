import fc from 'fast-check';

/** Ways to write a URL differently: what proxies, caches, clients and attackers do to one. */

/** A change at a place, which is a share of the text from 0 to 1. */
export interface Mutation {
  readonly name: string;
  readonly at: number;
}

const FINE = 1_000_000;

export const arbitraryMutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({ name: fc.nat(), at: fc.nat({ max: FINE - 1 }) }).map(({ name, at }) => ({
    name: names[name % names.length] ?? '',
    at: at / FINE,
  })),
  { minLength: 1, maxLength: 3 },
);

/** The target after all of the changes; where they cancel each other out it is what it was. */
export function mutated(target: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((text, { name, at }) => mutators[name]?.(text, at) ?? text, target);
}

type Mutate = (target: string, at: number) => string;

const mutators: Readonly<Record<string, Mutate>> = {
  'a character goes': around((before, after) => before + after.slice(1)),
  'a character comes twice': around((before, after) => before + after.slice(0, 1) + after),
  'two characters change places': around(
    (before, after) => before + (after[1] ?? '') + (after[0] ?? '') + after.slice(2),
  ),
  'a character of base64url': around((before, after) => before + nextOf(after[0] ?? '') + after.slice(1)),
  'the other case': around((before, after) => before + otherCase(after.slice(0, 1)) + after.slice(1)),
  'a character is encoded': around((before, after) => before + encoded(after[0] ?? '') + after.slice(1)),
  'a character is encoded twice': around(
    (before, after) => `${before}%25${encoded(after[0] ?? '').slice(1)}${after.slice(1)}`,
  ),
  'an encoded slash': inserted('%2F'),
  'an encoded slash, in lower case': inserted('%2f'),
  'a slash encoded twice': inserted('%252F'),
  'a slash': inserted('/'),
  'two slashes': inserted('//'),
  'a dot segment': inserted('/./'),
  'a dot segment up': inserted('/x/..'),
  'a dot segment up, encoded': inserted('/x/%2e%2e'),
  'a backslash': inserted('\\'),
  'a fragment': inserted('#x'),
  'a semicolon': inserted(';w=1'),
  'a question mark': inserted('?'),
  'an ampersand': inserted('&'),
  'an equals sign': inserted('='),
  'a plus': inserted('+'),
  'a percent sign': inserted('%'),
  'an encoded zero': inserted('%00'),
  'a letter of two bytes': inserted('\u00fc'),
  'a letter that looks alike': around((before, after) => `${before}\u0430${after.slice(1)}`),
  'a letter of full width': inserted('\uff0e'),
  'a parameter first': (target) => target.replace('?', '?w=7&'),
  'a parameter last': (target) => `${target}&w=7`,
  'a parameter in the middle': (target, at) => edited(target, at, (pair) => [pair, 'w=7']),
  'a parameter twice': (target, at) => edited(target, at, (pair) => [pair, pair]),
  'a parameter goes': (target, at) => edited(target, at, () => []),
  'a parameter of another value': (target, at) => edited(target, at, (pair) => [`${pair}0`]),
  'a name in disguise': (target, at) =>
    edited(target, at, (pair) => [encoded(pair[0] ?? '') + pair.slice(1)]),
  'another order': (target, at) => reordered(target, at),
  'an encoded ampersand': (target) => target.replaceAll('&', '%26'),
  'a plus for a space': (target) => target.replaceAll('%20', '+'),
  'what is encoded, decoded': (target) => target.replace(/%2F/i, '/'),
  'what is encoded, in lower case': (target) => target.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase()),
  'a question mark before the signature': (target) => target.replace(/&(s(?:ig)?=)/, '?$1'),
  padding: (target) => `${target}=`,
  'the end is cut': (target, at) => target.slice(0, target.length - 1 - Math.floor(at * 20)),
  'the signature goes': (target) => target.replace(/[?&](?:sig|s)=.*$/, ''),
  'the end goes': (target) => target.replace(/(?:exp|expires)=\d+&/, ''),
  'a later end': (target) => target.replace(/((?:exp|expires)=)\d+/, '$19999999999'),
  'a second end': (target) => target.replace(/((?:exp|expires)=\d+)/, '$1&$1'),
  'the name goes': (target) => target.replace(/^(\/i\/[^/?]+)\/[^?]*/, '$1'),
  'another name': (target) => target.replace(/^(\/i\/[^/?]+)\/[^?]*/, '$1/other.jpg'),
  'the id in upper case': (target) =>
    target.replace(/^\/i\/[^/?]+/, (path) => `/i/${path.slice(3).toUpperCase()}`),
};

const names = Object.keys(mutators);

function around(change: (before: string, after: string) => string): Mutate {
  return (target, at) => {
    const place = Math.floor(at * target.length);
    return change(target.slice(0, place), target.slice(place));
  };
}

function inserted(text: string): Mutate {
  return around((before, after) => before + text + after);
}

function edited(target: string, at: number, change: (pair: string) => string[]): string {
  const [path = '', ...rest] = target.split('?');
  const pairs = rest.join('?').split('&');
  const place = Math.min(Math.floor(at * pairs.length), pairs.length - 1);
  return `${path}?${pairs.flatMap((pair, index) => (index === place ? change(pair) : [pair])).join('&')}`;
}

function reordered(target: string, at: number): string {
  const [path = '', ...rest] = target.split('?');
  const pairs = rest.join('?').split('&');
  const by = 1 + Math.floor(at * (pairs.length - 1));
  return `${path}?${[...pairs.slice(by), ...pairs.slice(0, by)].join('&')}`;
}

function encoded(character: string): string {
  return `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0').slice(-2)}`;
}

function otherCase(character: string): string {
  const upper = character.toUpperCase();
  return upper === character ? character.toLowerCase() : upper;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Of the last characters of a signature, several decode to the same bytes. */
function nextOf(character: string): string {
  return ALPHABET[(ALPHABET.indexOf(character) + 1) % ALPHABET.length] ?? 'A';
}
