import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pictures, withMadeParts } from '../src/delivery/grammar/documentation.ts';
import { drawPictures } from './delivery-docs/draw-pictures.ts';

/**
 * Writes the parts of docs/delivery.md that are made from the grammar's table, and renders the pictures that they show.
 *
 *   node scripts/delivery-docs.ts            both
 *   node scripts/delivery-docs.ts --text     the text only
 *   node scripts/delivery-docs.ts --check    neither: fails where the text is stale or a picture is not there
 */
const DOCUMENT = fileURLToPath(new URL('../docs/delivery.md', import.meta.url));
const FOLDER = fileURLToPath(new URL('../docs/delivery/', import.meta.url));

const { values } = parseArgs({ options: { check: { type: 'boolean' }, text: { type: 'boolean' } } });
const written = readFileSync(DOCUMENT, 'utf8');
const made = withMadeParts(written);

if (values.check) {
  const missing = pictures.filter(({ name }) => !existsSync(`${FOLDER}${name}.webp`)).map(({ name }) => name);
  const faults = [
    ...(made === written ? [] : ['docs/delivery.md is not what the table says']),
    ...missing.map((name) => `docs/delivery/${name}.webp is not there`),
  ];
  for (const fault of faults) console.error(`${fault}: run npm run docs:delivery`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  writeFileSync(DOCUMENT, made);
  if (!values.text) await drawPictures(FOLDER);
}
