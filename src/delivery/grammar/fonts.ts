import { didYouMean } from '../../did-you-mean.ts';
import { alternatives, type Kind } from './kind.ts';

/** The face of a text that names none. */
export const USUAL_FONT = 'Inter SemiBold';

/** Faces that ship with Darkroom, by the names that URLs may call them, imgix's general ones among them. */
const faces: ReadonlyMap<string, string> = new Map([
  ['inter', 'Inter SemiBold'],
  ['inter semibold', 'Inter SemiBold'],
  ['sans-serif', 'Inter SemiBold'],
  ['sans-serif,bold', 'Inter SemiBold'],
]);

export const font: Kind<string> = {
  range: `one of ${alternatives([...faces.keys()].map((name) => JSON.stringify(name)))}`,
  read: (text) => faces.get(text.trim().toLowerCase()),
  write: (face) => face,
  mend(text) {
    const name = didYouMean(text.trim(), faces.keys());
    return name === undefined ? 'No other fonts are here.' : `Did you mean ${name}?`;
  },
};
