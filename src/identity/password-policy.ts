import { Failure } from '../failures.ts';

/**
 * What a password must be, after NIST SP 800-63B-4, 3.1.1.2: long enough, not one that attackers try first, and
 * nothing about capital letters, digits or signs. Twelve is less than the fifteen it asks of passwords without a second
 * factor and more than the eight with one: attempts are few here, and what is common is refused at any length.
 */
const SHORTEST_PASSWORD = 12;
/** in code points: room for any sentence; more would only be work for the hash */
const LONGEST_PASSWORD = 256;

/** What a password must not be made of, for this person: the address, the name. */
export interface PasswordOwner {
  readonly email?: string;
  readonly name?: string;
}

/** @throws Failure `weak_password`, with what to do */
export async function assertGoodPassword(password: string, owner: PasswordOwner = {}): Promise<void> {
  const length = [...password].length;
  if (length < SHORTEST_PASSWORD) {
    throw weak(`A password has at least ${SHORTEST_PASSWORD} characters. Take some words, with spaces.`);
  }
  if (length > LONGEST_PASSWORD) throw weak(`A password has at most ${LONGEST_PASSWORD} characters.`);
  const skeleton = skeletonOf(password);
  if (new Set(password.toLowerCase()).size < 5)
    throw weak('This password repeats itself. Take some words instead.');
  if (isSequence(skeleton)) throw weak('This password is a row of neighbours. Take some words instead.');
  const own = ['darkroom', owner.name ?? '', ...(owner.email ?? '').split('@')].map(skeletonOf);
  const rest = own
    .filter((word) => word.length >= 3)
    .reduce((left, word) => left.replaceAll(word, ''), skeleton);
  if (rest.length < SHORTEST_PASSWORD / 2 && rest !== skeleton) {
    throw weak('This password is little more than the address, the name, or this service. Take other words.');
  }
  const common = await commonPasswords();
  const core = skeletonOf(password.replace(/^[\d\W_]{1,4}|[\d\W_]{1,10}$/g, ''));
  if ([skeleton, core, rest].some((text) => isCommon(text, common))) {
    throw weak(
      'This password is on the list that attackers try first. Take some words that nobody else would.',
    );
  }
}

function weak(message: string): Failure {
  return new Failure('weak_password', message);
}

/** Letters that stand for one another in passwords that look clever. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '9': 'g',
  '@': 'a',
  $: 's',
  '!': 'i',
  '|': 'i',
  l: 'i',
  '+': 't',
  '€': 'e',
  '(': 'c',
};

/** The password as a list would have it: small letters, no accents, no disguise, no spaces or punctuation. */
function skeletonOf(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return [...plain]
    .map((letter) => LOOKALIKES[letter] ?? letter)
    .join('')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** On the list, or twice or more in a row what is on it. */
function isCommon(skeleton: string, common: ReadonlySet<string>): boolean {
  const unit = /^(.+?)\1+$/.exec(skeleton)?.[1] ?? skeleton;
  return common.has(skeleton) || (unit.length > 0 && common.has(unit));
}

const ROWS = [
  'abcdefghiijkimnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjki',
  'zxcvbnm',
  'i2easotbgo',
  'i2easgtbgo',
];
const NEIGHBOURS = new Set(
  [...ROWS, ...ROWS.map((row) => [...row].reverse().join(''))].flatMap((row) =>
    [...row].slice(1).map((letter, index) => row.charAt(index) + letter),
  ),
);

/** Nearly all letters follow their neighbours, as in abcdefghijkl or qwertyuiopas. */
function isSequence(skeleton: string): boolean {
  const pairs = [...skeleton].slice(1).map((letter, index) => skeleton.charAt(index) + letter);
  const neighbours = pairs.filter((pair) => NEIGHBOURS.has(pair)).length;
  return pairs.length > 0 && neighbours / pairs.length > 0.75;
}

let loading: Promise<ReadonlySet<string>> | undefined;

/** About 49,000 passwords from breaches, by their skeletons; loaded when the first password is set. */
function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common'].map((word) => skeletonOf(String(word)))),
  );
  return loading;
}
