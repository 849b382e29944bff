import type { Rendered } from '../pixels/render-plan.ts';
import { paletteCss, paletteJson } from './palette-words.ts';
import type { OutputRequest } from './request.ts';

/** What is answered in the place of a picture. */
export interface Words {
  readonly text: string;
  readonly contentType: string;
}

export const wordTypes = {
  plain: 'text/plain; charset=utf-8',
  json: 'application/json',
  css: 'text/css; charset=utf-8',
} as const;

/** What was read from a picture, as the request wants it told; undefined where it is not there. */
export function readWords(
  { text, palette: asked }: OutputRequest,
  { placeholder, blurhash, palette }: Pick<Rendered, 'placeholder' | 'blurhash' | 'palette'>,
): Words | undefined {
  if (text === 'thumbhash' && placeholder)
    return { text: placeholder.thumbhash, contentType: wordTypes.plain };
  if (text === 'blurhash' && blurhash) return { text: blurhash, contentType: wordTypes.plain };
  if (!palette) return undefined;
  return asked?.as === 'css'
    ? { text: paletteCss(palette), contentType: wordTypes.css }
    : { text: paletteJson(palette), contentType: wordTypes.json };
}
