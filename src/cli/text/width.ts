/** How much room text takes on a terminal, in columns. */

const ASCII = /^[\x20-\x7e]*$/;
/** Pictures, and the blocks that Unicode's East Asian Width calls wide or full. */
const WIDE =
  /\p{RGI_Emoji}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/v;

export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  return graphemes(text).reduce((width, grapheme) => width + widthOf(grapheme), 0);
}

/** The text in at most `width` columns: what is too long loses its middle, so that its end can be told apart. */
export function fitted(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const characters = graphemes(text);
  const head = taken(characters, Math.ceil((width - 1) / 2));
  const tail = taken(characters.toReversed(), Math.floor((width - 1) / 2)).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

function taken(characters: readonly string[], width: number): string[] {
  let room = width;
  const count = characters.findIndex((character) => {
    room -= widthOf(character);
    return room < 0;
  });
  return characters.slice(0, count === -1 ? undefined : count);
}

function widthOf(grapheme: string): number {
  return WIDE.test(grapheme) ? 2 : 1;
}

let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
