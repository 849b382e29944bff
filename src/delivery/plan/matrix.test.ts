import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extent } from '../../../test/harness/extent.ts';
import { type Original, openStudio, type Studio } from './testing/studio.ts';
import { cardLying, seen } from './testing/test-card.ts';

/**
 * Every fit, with every way to crop, of a picture that lies in every way: which corner landed where is read from the
 * pixels that come out. The short form makes each in one format, so that every two of fit, way and format meet; the
 * long one in all.
 */

const FORMATS = { jpg: 'jpeg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif' } as const;
type Asked = keyof typeof FORMATS;
const ALL = Object.keys(FORMATS) as Asked[];
const ORIENTATIONS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** What comes out of the card of 240 x 160, which is RGG/RGG/BYY. */
const CASES: readonly (readonly [query: string, size: string, colours: string])[] = [
  ['', '240x160', 'RGG/RGG/BYY'],
  ['w=60&h=60&fit=clip', '60x40', 'RGG/RGG/BYY'],
  ['w=300&h=300&fit=clip', '300x200', 'RGG/RGG/BYY'],
  ['w=60&h=60&fit=max', '60x40', 'RGG/RGG/BYY'],
  ['w=300&h=300&fit=max', '240x160', 'RGG/RGG/BYY'],
  ['w=40&h=60&fit=scale', '40x60', 'RGG/RGG/BYY'],
  ['w=300&h=50&fit=scale', '300x50', 'RGG/RGG/BYY'],
  ['w=60&h=60&fit=fill', '60x60', 'WWW/RGG/WWW'],
  ['w=300&h=300&fit=fill&fill-color=red', '300x300', 'RRR/RGG/RRR'],
  ['w=60&h=60&fit=fill&fill=blur', '60x60', 'RGG/RGG/BYY'],
  ['w=60&ar=1:1&fit=fill', '60x60', 'WWW/RGG/WWW'],
  ['w=90&h=30&fit=fillmax', '90x30', 'WGW/WGW/WYW'],
  ['w=480&h=320&fit=fillmax', '480x320', 'WWW/WGW/WWW'],
  ['w=60&h=60&fit=clamp', '60x60', 'RGG/RGG/BYY'],
  ['w=300&h=300&fit=clamp', '300x300', 'RGG/RGG/BYY'],
  ['w=240&h=480&fit=min', '80x160', 'RGG/RGG/BYY'],

  // columns of a third: the meeting lies in the middle one
  ['w=20&h=40&fit=crop', '20x40', 'RGG/RGG/BYY'],
  ['w=20&h=40&fit=crop&crop=left', '20x40', 'RRR/RRR/BBB'],
  ['w=20&h=40&fit=crop&crop=right', '20x40', 'GGG/GGG/YYY'],
  ['w=20&h=40&fit=crop&crop=top', '20x40', 'RGG/RGG/BYY'],
  ['w=20&h=40&fit=crop&crop=bottom,left', '20x40', 'RRR/RRR/BBB'],
  ['w=20&h=40&fit=crop&crop=entropy', '20x40', 'GGG/GGG/YYY'],
  ['w=20&h=40&fit=crop&crop=edges', '20x40', 'GGG/GGG/YYY'],
  ['w=20&h=40&fit=crop&crop=focalpoint&fp-x=0.1', '20x40', 'RRR/RRR/BBB'],
  ['w=160&h=320&fit=crop&crop=right', '160x320', 'GGG/GGG/YYY'],
  ['w=160&h=320&fit=crop&crop=entropy', '160x320', 'GGG/GGG/YYY'],
  ['w=20&h=40&fit=min&crop=left', '20x40', 'RRR/RRR/BBB'],
  ['w=200&h=400&fit=min&crop=right', '80x160', 'GGG/GGG/YYY'],

  // rows of two fifths: the meeting lies in the middle ones
  ['w=60&h=16&fit=crop', '60x16', 'RGG/RGG/BYY'],
  ['w=60&h=16&fit=crop&crop=top', '60x16', 'RGG/RGG/RGG'],
  ['w=60&h=16&fit=crop&crop=bottom', '60x16', 'BYY/BYY/BYY'],
  ['w=60&h=16&fit=crop&crop=top,right', '60x16', 'RGG/RGG/RGG'],
  ['w=60&h=16&fit=crop&crop=faces,bottom', '60x16', 'BYY/BYY/BYY'],
  ['w=60&h=16&fit=crop&crop=focalpoint&fp-y=0.9', '60x16', 'BYY/BYY/BYY'],
  ['w=480&h=128&fit=crop&crop=bottom', '480x128', 'BYY/BYY/BYY'],

  // a corner alone
  ['w=60&h=40&fit=crop&crop=focalpoint&fp-x=0.1&fp-y=0.1&fp-z=3', '60x40', 'RRR/RRR/RRR'],
  ['w=60&h=40&fit=crop&crop=focalpoint&fp-x=0.9&fp-y=0.1&fp-z=3', '60x40', 'GGG/GGG/GGG'],
  ['w=60&h=40&fit=crop&crop=focalpoint&fp-x=0.1&fp-y=0.9&fp-z=5', '60x40', 'BBB/BBB/BBB'],
  ['w=60&h=40&fit=crop&crop=focalpoint&fp-x=1&fp-y=1&fp-z=12', '60x40', 'YYY/YYY/YYY'],
];

let studio: Studio;
const lying: { readonly tagged: Original[]; readonly untagged: Original[] } = { tagged: [], untagged: [] };

beforeAll(async () => {
  studio = await openStudio();
  for (const orientation of ORIENTATIONS) {
    lying.tagged.push(await studio.keep(await cardLying(orientation, { tagged: true })));
    lying.untagged.push(await studio.keep(await cardLying(orientation, { tagged: false })));
  }
});

afterAll(() => studio.close());

function formatsOf(orientation: number, query: string): readonly Asked[] {
  const at = CASES.findIndex(([it]) => it === query);
  return extent({ short: ALL.filter((_, which) => which === (at + orientation) % ALL.length), long: ALL });
}

async function expectSeen(
  original: Original | undefined,
  query: string,
  expected: { readonly size: string; readonly colours: string },
  formats = ALL as readonly Asked[],
): Promise<void> {
  if (!original) throw new Error('there is no such card');
  const outputs = await studio.makeAll(original, query, formats);
  expect(outputs.map(({ format }) => format)).toEqual(formats.map((asked) => FORMATS[asked]));
  for (const { path, format, width, height } of outputs) {
    expect(await seen(path), format).toEqual(expected);
    expect(`${width}x${height}`, format).toBe(expected.size);
  }
}

describe.each(ORIENTATIONS)('lying as orientation %i, by EXIF', (orientation) => {
  test.each(CASES)('%s is %s, %s', async (query, size, colours) => {
    const formats = formatsOf(orientation, query);
    await expectSeen(lying.tagged[orientation - 1], query, { size, colours }, formats);
  });
});

describe('lying in some way that the request tells', () => {
  test.each(ORIENTATIONS)('orient=%i', async (orientation) => {
    const asked = `orient=${orientation}&w=60&h=16&fit=crop&crop=bottom`;
    await expectSeen(lying.untagged[orientation - 1], asked, { size: '60x16', colours: 'BYY/BYY/BYY' });
  });

  test('what the request says counts, and not what the file says', async () => {
    await expectSeen(lying.tagged[2], 'orient=1', { size: '240x160', colours: 'YYB/GGR/GGR' });
  });
});
