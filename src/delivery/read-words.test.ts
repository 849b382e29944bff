import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, isBlurhashValid } from 'blurhash';
import { thumbHashToAverageRGBA } from 'thumbhash';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import type { Renderers } from '../pipeline/renderers.ts';
import { bytesOf } from './derivative-cache.contract.ts';
import { planDelivery } from './plan/plan-delivery.ts';
import { cardPixels } from './plan/testing/test-card.ts';
import { type DerivingHouse, openDerivingHouse, orderOf, startTestRenderers } from './testing/deriving.ts';

/** Words that are read from a picture: the renderers, the plan and the cache are the real ones. */

let pool: Renderers;
let house: DerivingHouse;
let card: StoredImage;
beforeAll(async () => {
  pool = startTestRenderers();
  house = await openDerivingHouse(pool);
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-words-'));
  const path = join(folder, 'card.png');
  await writeFile(path, await cardPixels('RGBY', { width: 1200, height: 800 }).png().toBuffer());
  card = await house.bring(path);
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await house.close();
  await pool.close();
});

async function read(query: string) {
  const made = await house.deriverWith({ plan: planDelivery }).derive(orderOf(card, query));
  return { contentType: made.contentType, text: Buffer.from(await bytesOf(made)).toString() };
}

type Colour = readonly [red: number, green: number, blue: number];
const RED: Colour = [230, 20, 20];
const GREEN: Colour = [20, 170, 20];

function distance(one: ArrayLike<number>, other: Colour): number {
  return Math.hypot(...other.map((value, channel) => value - (one[channel] ?? 0)));
}

/** The parts of the card where its first two colours are. */
const corners = [
  ['the whole of red', 'rect=0,0,400,400', RED],
  ['the whole of green', 'rect=600,0,400,400', GREEN],
] as const;

describe('fm=blurhash', () => {
  it('is text that says how the picture looks', async () => {
    const { contentType, text } = await read('fm=blurhash');
    expect(contentType).toBe('text/plain; charset=utf-8');
    expect(isBlurhashValid(text)).toEqual({ result: true });
    const pixels = decode(text, 12, 8);
    expect(distance(pixels.subarray(0), RED)).toBeLessThan(110);
    expect(distance(pixels.subarray(11 * 4), GREEN)).toBeLessThan(110);
  });

  it.each(corners)('is of the picture that the request describes: %s', async (_name, query, colour) => {
    const { text } = await read(`fm=blurhash&${query}`);
    expect(distance(decode(text, 1, 1), colour)).toBeLessThan(30);
  });
});

describe('fm=thumbhash', () => {
  it.each(corners)('is of the picture that the request describes: %s', async (_name, query, colour) => {
    const { text } = await read(`fm=thumbhash&${query}`);
    const { r, g, b } = thumbHashToAverageRGBA(Buffer.from(text, 'base64'));
    expect(distance([r * 255, g * 255, b * 255], colour)).toBeLessThan(16);
  });
});

describe('palette', () => {
  it('as JSON: the colours with their channels, the most frequent first', async () => {
    const { contentType, text } = await read('palette=json&colors=4&rect=0,0,960,440');
    expect(contentType).toBe('application/json');
    const { colors, average_luminance: luminance } = JSON.parse(text);
    expect(colors.slice(0, 2)).toEqual([
      { red: 0.0784, green: 0.6667, blue: 0.0784, hex: '#14aa14', share: expect.closeTo(0.5, 1) },
      { red: 0.902, green: 0.0784, blue: 0.0784, hex: '#e61414', share: expect.closeTo(0.5, 1) },
    ]);
    expect(luminance).toBeGreaterThan(0.2);
    expect(luminance).toBeLessThan(0.6);
  });

  it('as CSS: two classes for each colour', async () => {
    const { contentType, text } = await read('palette=css&colors=1&rect=0,0,400,400');
    expect(contentType).toBe('text/css; charset=utf-8');
    expect(text).toBe(
      '.image-fg-1 { color: #e61414 !important; }\n.image-bg-1 { background-color: #e61414 !important; }\n',
    );
  });

  it.each([0, 1, 3])('has no more than the %i colours that are asked for', async (colors) => {
    expect(JSON.parse((await read(`palette=json&colors=${colors}`)).text).colors).toHaveLength(colors);
  });
});

it('is read once, and kept', async () => {
  const before = house.renderers.renders;
  const first = await read('fm=blurhash&w=90');
  expect(await read('fm=blurhash&w=90')).toEqual(first);
  expect(house.renderers.renders).toBe(before + 1);
});
