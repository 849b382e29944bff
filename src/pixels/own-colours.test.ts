import sharp, { type Metadata } from 'sharp';
import { expect, test } from 'vitest';
import { ownProfile } from './own-colours.ts';
import { ADOBE_RGB, tagged } from './testing/colour-profiles.ts';
import { plain } from './testing/pictures.ts';

test('a plain RGB profile is one to keep, whatever else is claimed to be one is not', async () => {
  const header = await sharp(tagged(await plain(4, 4, '#808080').png().toBuffer(), ADOBE_RGB)).metadata();
  const { icc = Buffer.alloc(0) } = header;
  const with_ = (changed: Partial<Metadata>) => ownProfile({ ...header, ...changed });
  expect(ownProfile(header)).toBe(icc);
  expect(ownProfile(await sharp(await plain(4, 4, '#808080').png().toBuffer()).metadata())).toBeUndefined();
  expect(with_({ space: 'cmyk' })).toBeUndefined();
  expect(with_({ space: 'rgb16', depth: 'ushort' })).toBeUndefined();
  expect(with_({ icc: Buffer.from('no profile at all, but long enough to be looked into') })).toBeUndefined();
  expect(with_({ icc: Buffer.concat([icc, Buffer.alloc(65_536)]) })).toBeUndefined();
  const forCmyk = Buffer.from(icc);
  forCmyk.write('CMYK', 16, 'latin1');
  expect(with_({ icc: forCmyk })).toBeUndefined();
});
