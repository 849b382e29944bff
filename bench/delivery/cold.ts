import sharp from 'sharp';
import { median } from '../statistics.ts';
import { COLD_FORMATS, type ColdFormat, type Contender, type Picture } from './contenders.ts';
import { type Answer, fetchAll } from './load.ts';

export interface ColdOptions {
  readonly photos: readonly string[];
  /** pictures in each round and format */
  readonly images: number;
  readonly rounds: number;
  /** renders at a time of every contender */
  readonly threads: number;
}

export interface ColdRow {
  /** pictures a second: the median of the rounds */
  readonly perSecond: number;
  /** bytes of a picture, on average */
  readonly bytes: number;
}

/** Pictures that nobody has asked for yet, by format and contender. */
export async function measureCold(
  contenders: readonly Contender[],
  options: ColdOptions,
): Promise<Record<string, Record<string, ColdRow>>> {
  const table: Record<string, Record<string, ColdRow>> = {};
  for (const format of COLD_FORMATS) table[format] = await measureFormat(contenders, format, options);
  return table;
}

async function measureFormat(
  contenders: readonly Contender[],
  format: ColdFormat,
  options: ColdOptions,
): Promise<Record<string, ColdRow>> {
  const rounds = new Map<string, ColdRow[]>(contenders.map(({ name }) => [name, []]));
  // The first round is for warming up.
  for (let round = 0; round <= options.rounds; round++) {
    const pictures = picturesOf(format, round, options);
    for (const contender of contenders) {
      const row = await measureOne(contender, pictures, options.threads);
      if (round > 0) rounds.get(contender.name)?.push(row);
    }
  }
  return Object.fromEntries(
    [...rounds].map(([name, rows]) => [
      name,
      {
        perSecond: median(rows.map(({ perSecond }) => perSecond)),
        bytes: Math.round(median(rows.map(({ bytes }) => bytes))),
      },
    ]),
  );
}

async function measureOne(
  contender: Contender,
  pictures: readonly Picture[],
  threads: number,
): Promise<ColdRow> {
  const urls = await Promise.all(pictures.map((picture) => contender.url(picture)));
  const started = performance.now();
  const answers = await fetchAll(urls, threads * 2);
  const seconds = (performance.now() - started) / 1000;
  for (const [index, picture] of pictures.entries())
    await assertMade(contender, picture, answers[index] as Answer);
  const bytes = answers.reduce((sum, { body }) => sum + body.length, 0);
  return { perSecond: urls.length / seconds, bytes: bytes / urls.length };
}

/** A contender that makes something else is not compared. */
async function assertMade({ name }: Contender, { format, width }: Picture, answer: Answer): Promise<void> {
  if (answer.status !== 200) throw new Error(`${name} answered ${answer.status} for ${format}`);
  const made = await sharp(answer.body).metadata();
  const madeFormat = made.format === 'heif' ? 'avif' : made.format;
  if (madeFormat === (format === 'jpg' ? 'jpeg' : format) && made.width === width) return;
  throw new Error(`${name} made a ${madeFormat} ${made.width} wide instead of a ${format} ${width} wide`);
}

/** Another width each round, so that nothing is cached yet. */
const WIDTHS = [441, 512, 594, 689, 799, 927, 1075, 1247];

function picturesOf(format: ColdFormat, round: number, { photos, images }: ColdOptions): Picture[] {
  const laps = Math.ceil(images / photos.length);
  return Array.from({ length: images }, (_, index) => {
    const lap = Math.floor(index / photos.length) + round * laps;
    const width = (WIDTHS[lap % WIDTHS.length] ?? 0) + Math.floor(lap / WIDTHS.length);
    return { photo: photos[index % photos.length] ?? '', width, format };
  });
}
