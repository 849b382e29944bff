import { type Example, GROUPS, type Group, type Parameter } from './parameter.ts';
import { type ParameterName, parameterNames, parameters } from './table.ts';

/** A picture in the documentation: what comes out of a query. */
export interface Picture {
  /** of the file, without extension */
  readonly name: string;
  readonly example: Example;
}

/** What the fits do with the box of 160 x 160, by example. */
const fits = {
  clip: 'Inside the box with the proportions of the picture: one side matches, and it may be enlarged. The default.',
  max: 'As `clip`, but never enlarged.',
  crop: 'Exactly the box; what is too much is cut off where `crop` says.',
  min: 'Cut to the proportions of the box and never larger than the source: a box that is larger on either side shrinks, with its proportions.',
  scale: 'Exactly the box, whatever that does to the proportions.',
  fill: 'Inside the box, the rest of it filled as `fill` says; it may be enlarged.',
  fillmax: 'As `fill`, but the picture is never enlarged; the output is exactly the box all the same.',
  clamp: 'Inside the box, the rest of it made of the pixels at the edge.',
} as const;

const fitNames = Object.keys(fits) as (keyof typeof fits)[];
const fitExample = (fit: string): Example => ({ query: `w=160&h=160&fit=${fit}`, photo: 'coffee' });

/** Everything that the documentation shows as a picture. */
export const pictures: readonly Picture[] = [
  ...fitNames.map((fit): Picture => ({ name: `fit-${fit}`, example: fitExample(fit) })),
  ...parameterNames
    .map((name): Picture => ({ name, example: parameters[name].example }))
    .filter(({ example }) => example.answers === undefined),
];

/** The parts of docs/delivery.md that are made from the table, by the names of their places in it. */
export function madeParts(): ReadonlyMap<string, string> {
  return new Map([
    ['fits', fitTable()],
    ['parameters', GROUPS.map(groupTable).join('\n\n')],
  ]);
}

/**
 * @param document Markdown with places for the parts: `<!-- made: fits -->` … `<!-- end -->`
 * @returns the same with the parts of the table as it is now
 * @throws Error where a part has no place
 */
export function withMadeParts(document: string): string {
  let written = document;
  for (const [name, part] of madeParts()) {
    const place = new RegExp(`(<!-- made: ${name} -->\n).*?(<!-- end -->)`, 's');
    if (!place.test(written)) throw new Error(`there is no place for the part ${name}`);
    written = written.replace(place, (_, before, after) => `${before}\n${part}\n\n${after}`);
  }
  return written;
}

function fitTable(): string {
  const rows = fitNames.map((fit) => [`\`${fit}\``, fits[fit], image(`fit-${fit}`, fitExample(fit))]);
  return table(['fit', 'what comes out', '`w=160&h=160` of 600 x 400'], rows);
}

function groupTable(group: Group): string {
  const rows = parameterNames.filter((name) => parameters[name].group === group).map(parameterRow);
  return `### ${group}\n\n${table(['parameter', 'takes', 'meaning', 'example'], rows)}`;
}

function parameterRow(name: ParameterName): string[] {
  const { aliases = [], syntax, kind, meaning, example, isRepeatable }: Parameter<unknown> = parameters[name];
  const also = aliases.length > 0 ? `<br>also ${aliases.map(code).join(', ')}` : '';
  const encoded = isRepeatable ? '<br>no base64 variant' : '';
  const shown = example.answers ?? image(name, example);
  return [
    `<a id="${name}"></a>${code(`${name}=${syntax}`)}${also}${encoded}`,
    kind.range,
    meaning,
    `${code(example.query)}<br>${shown}`,
  ];
}

function image(name: string, { query }: Example): string {
  return `![${query}](delivery/${name}.webp)`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
