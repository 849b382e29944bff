import { didYouMean } from '../../did-you-mean.ts';
import { alternatives, type Kind, readEach } from './kind.ts';

export function oneOf<const Word extends string>(words: readonly Word[]): Kind<Word> {
  return {
    range: words.length === 1 ? alternatives(words) : `one of ${alternatives(words)}`,
    read: (text) => words.find((word) => word === text),
    write: (word) => word,
    mend: (text) => meant(text, words),
  };
}

/** Each word counts once, where it comes first. */
export function listOf<const Word extends string>(words: readonly Word[]): Kind<readonly Word[]> {
  return {
    range: `a list of any of ${alternatives(words)}, separated by commas`,
    read(text) {
      const list = readEach(text, (element) => words.find((word) => word === element));
      return list && [...new Set(list)];
    },
    write: (list) => list.join(','),
    mend(text) {
      const wrong = text.split(',').find((element) => !words.some((word) => word === element.trim()));
      return wrong ? meant(wrong, words) : undefined;
    },
  };
}

/** Words that switch something on each, in any order and any case; an empty list switches nothing on. */
export function switches<const Word extends string>(words: readonly Word[]): Kind<ReadonlySet<Word>> {
  const kind = listOf(words);
  return {
    range: kind.range,
    read(text) {
      const elements = text.split(',').map((element) => element.trim().toLowerCase());
      const named = elements.filter((element) => element !== '');
      const list = named.map((element) => words.find((word) => word.toLowerCase() === element));
      return list.every((word) => word !== undefined) ? new Set(list) : undefined;
    },
    write: (set) => words.filter((word) => set.has(word)).join(','),
    mend: (text) => kind.mend?.(text),
  };
}

/** The bare name of a parameter switches it on too. */
export const flag: Kind<boolean> = {
  range: 'true or false',
  read: (text) => flags.get(text),
  write: String,
};

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['', true],
  ['false', false],
  ['0', false],
]);

/** Text for people: any script, line breaks, but nothing that controls a terminal or ends a string. */
export function text(most: number): Kind<string> {
  return {
    range: `text of at most ${most} characters, without control characters`,
    read(given) {
      const value = given.replaceAll('\r\n', '\n');
      return lengthOf(value) > most || CONTROL.test(value) ? undefined : value;
    },
    write: (value) => value,
    mend: (given) => (lengthOf(given) > most ? `It has ${lengthOf(given)}.` : undefined),
  };
}

/** Control characters but the line break, and halves of characters. */
const CONTROL = /[^\P{Cc}\n]|\p{Cs}/u;

/** Characters as Unicode counts them. */
function lengthOf(value: string): number {
  let length = 0;
  for (const _ of value) length += 1;
  return length;
}

function meant(typed: string, words: readonly string[]): string | undefined {
  const word = didYouMean(typed.trim(), words);
  return word === undefined ? undefined : `Did you mean ${word}?`;
}

/** Of a stored variant. */
export const variantName: Kind<string> = {
  range: 'the name of a variant, such as medium: up to 32 of a-z, 0-9, _ and -',
  read: (given) => (/^[a-z0-9_-]{1,32}$/.test(given) ? given : undefined),
  write: (name) => name,
};

export const fileName: Kind<string> = {
  range: 'a file name of at most 255 characters',
  read: (given) => (lengthOf(given) > 255 || /\p{Cs}/u.test(given) ? undefined : given),
  write: (name) => name,
};
