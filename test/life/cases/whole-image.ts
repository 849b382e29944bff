import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { Photo } from '../../harness/photos.ts';
import { accepted } from '../../harness/uploads.ts';
import type { Image } from '../client.ts';
import { type Life, PHOTO_WIDTH } from '../life-case.ts';

/** Long edges that the default pipeline makes of a photograph of {@link PHOTO_WIDTH}: never enlarged. */
const EDGES = { thumbnail: 256, medium: PHOTO_WIDTH, large: PHOTO_WIDTH };

/** Looks at everything that an image which is ready has, and decodes it: what the record says is what is there. */
export async function expectWhole({ client }: Life, image: Image, photo: Photo): Promise<void> {
  expect(image.original).toMatchObject({
    sha256: photo.sha256,
    filename: photo.filename,
    size: photo.bytes.length,
    format: 'jpeg',
  });
  expect(image.error).toBeUndefined();
  expect(image.placeholder?.dominant_color).toMatch(/^#[0-9a-f]{6}$/);

  const original = await accepted(await client.fetch(`/v1/image/${image.image_id}/original`));
  expect(digest(await bytesOf(original))).toBe(photo.sha256);

  const made = image.variants.map(({ name, format }) => `${name}.${format}`).sort();
  expect(made).toEqual(
    Object.keys(EDGES)
      .flatMap((name) => [`${name}.jpeg`, `${name}.webp`])
      .sort(),
  );
  for (const variant of image.variants) {
    const bytes = await bytesOf(await accepted(await fetch(variant.url)));
    expect(digest(bytes)).toBe(variant.sha256);
    const { format, width, height } = await sharp(bytes).metadata();
    expect({ format, width, height }).toEqual({
      format: variant.format,
      width: variant.width,
      height: variant.height,
    });
    expect(Math.max(width, height)).toBe(EDGES[variant.name as keyof typeof EDGES]);
  }
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
