import sharp from 'sharp';
import { expect, test } from 'vitest';
import { withProfileIn } from './profile-into.ts';
import { ADOBE_RGB, tagged } from './testing/colour-profiles.ts';
import { plain, samplePath } from './testing/pictures.ts';

const photo = () => sharp(samplePath('chelsea.png')).resize(61, 41);

/** With so many bytes after its end that several segments are needed; readers leave them alone. */
async function profileOf(padding: number): Promise<Buffer> {
  const { icc } = await sharp(tagged(await plain(1, 1, '#000000').png().toBuffer(), ADOBE_RGB)).metadata();
  const profile = Buffer.concat([icc ?? Buffer.alloc(0), Buffer.alloc(padding, 7)]);
  profile.writeUInt32BE(profile.length, 0);
  return profile;
}

test.each([
  ['jpeg', 0],
  ['jpeg', 150_000],
  ['png', 0],
  ['png', 150_000],
  ['webp', 0],
  ['webp', 1],
] as const)('into a %s, longer by %i bytes than usual, and no pixel changes', async (format, padding) => {
  const profile = await profileOf(padding);
  const bare = await photo()[format]().toBuffer();
  const profiled = withProfileIn(bare, format, { width: 61, height: 41 }, profile);
  expect((await sharp(profiled).metadata()).icc?.equals(profile)).toBe(true);
  const [a, b] = await Promise.all(
    [bare, profiled].map((bytes) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer()),
  );
  expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
});
