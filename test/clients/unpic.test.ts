import { transformProps, transformSourceProps } from '@unpic/core';
import { parseUrl, transformUrl } from 'unpic';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARD, candidatesOf, type Gallery, openGallery, type Seen, WHOLE } from './gallery.ts';

/** unpic as it is, and the core that its components for React, Vue, Svelte, Solid and Astro share. */

let gallery: Gallery;
let url: string;
beforeAll(async () => {
  gallery = await openGallery();
  url = new URL(gallery.path, gallery.server.url).href;
});
afterAll(() => gallery.close());

const seen = (format: string, width: number, height: number, colours = WHOLE): Seen => ({
  ...{ format, width, height, colours },
});

describe('unpic', () => {
  const transformed = (operations: object, extra: Record<string, string | number> = {}) =>
    transformUrl({ url, provider: 'imgix', ...operations }, { imgix: extra }) ?? '';

  it.each<[operations: object, extra: Record<string, string | number>, picture: Seen]>([
    [{ width: 300 }, {}, seen('jpeg', 300, 200)],
    [{ height: 400 }, {}, seen('jpeg', 600, 400)],
    // Its default is fit=min: cut to the box, and never larger than the source.
    [{ width: 300, height: 600 }, { crop: 'right' }, seen('jpeg', 300, 600, 'GGG/GGG/YYY')],
    [{ width: 2000, height: 2000 }, {}, seen('jpeg', CARD.height, CARD.height)],
    [{ width: 800, height: 200 }, { crop: 'bottom' }, seen('jpeg', 800, 200, 'BYY/BYY/BYY')],
    [{ width: 300, height: 300 }, { fit: 'crop', crop: 'left' }, seen('jpeg', 300, 300, 'RRG/RRG/BBY')],
    [{ width: 300, height: 300 }, { fit: 'max' }, seen('jpeg', 300, 200)],
    [{ width: 300, format: 'webp', quality: 40 }, {}, seen('webp', 300, 200)],
    [{ width: 300, format: 'png' }, { rot: 180 }, seen('png', 300, 200, 'YYB/GGR/GGR')],
  ])('%j with %j', async (operations, extra, picture) => {
    expect(await gallery.see(transformed(operations, extra))).toEqual(picture);
  });

  it('asks for the format that the browser likes best where nobody names one', async () => {
    expect(transformed({ width: 300 })).toContain('auto=format');
    expect((await gallery.see(transformed({ width: 300 }), 'image/webp,*/*')).format).toBe('webp');
  });

  it('changes a URL that it has made before', async () => {
    const first = transformed({ width: 300, height: 300, quality: 50 });
    const { src, operations } = parseUrl(first, 'imgix') ?? {};
    expect([src, operations]).toEqual([
      url,
      expect.objectContaining({ width: 300, height: 300, quality: 50 }),
    ]);
    const second = transformUrl({ url: first, provider: 'imgix', width: 600 }) ?? '';
    expect(await gallery.see(second)).toEqual(seen('jpeg', 600, 300));
  });
});

describe('@unpic/core', () => {
  interface Attributes {
    src?: string;
    srcset?: string;
    sizes?: string;
    width?: number | string;
    height?: number | string;
    style?: Record<string, string>;
  }

  const image = (props: object) => transformProps<Attributes>({ src: url, cdn: 'imgix', ...props } as never);

  /** Fetches all candidates; each has to be as wide as it says. */
  async function seeAll(srcset: string | undefined): Promise<Seen[]> {
    const candidates = candidatesOf(srcset ?? '');
    const pictures = await Promise.all(candidates.map((candidate) => gallery.see(candidate.url)));
    expect(pictures.map(({ width }) => `${width}w`)).toEqual(candidates.map(({ descriptor }) => descriptor));
    return pictures;
  }

  it('a constrained image: all its widths, in one ratio', async () => {
    const { src = '', srcset, sizes } = image({ layout: 'constrained', width: 400, height: 300 });
    expect(sizes).toBe('(min-width: 400px) 400px, 100vw');
    expect(await gallery.see(src)).toEqual(seen('jpeg', 400, 300));
    const pictures = await seeAll(srcset);
    expect(pictures.map(({ width }) => width)).toEqual([400, 640, 750, 800]);
    for (const { width, height, colours } of pictures) {
      expect(Math.abs(width / height - 4 / 3)).toBeLessThan(0.01);
      expect(colours).toBe(WHOLE);
    }
  });

  it('a fixed image, cropped where its page says', async () => {
    const operations = { imgix: { fit: 'crop', crop: 'right' } };
    const { srcset } = image({ layout: 'fixed', width: 200, height: 400, operations });
    expect(await seeAll(srcset)).toEqual([
      seen('jpeg', 200, 400, 'GGG/GGG/YYY'),
      seen('jpeg', 400, 800, 'GGG/GGG/YYY'),
    ]);
  });

  it('an image as wide as the screen', async () => {
    const { srcset } = image({ layout: 'fullWidth', breakpoints: [640, 960, 1200] });
    expect(await seeAll(srcset)).toEqual([640, 960, 1200].map((w) => seen('jpeg', w, Math.round(w / 1.5))));
  });

  it('its placeholder: the picture in 24 pixels', async () => {
    const { style } = image({ layout: 'constrained', width: 400, height: 300, background: 'auto' });
    const [, background = ''] = /^url\((.+)\)$/.exec(style?.['background-image'] ?? '') ?? [];
    expect(await gallery.see(background)).toMatchObject({ width: 24, height: 18 });
  });

  it.each(['avif', 'webp'])('a source of a picture element: %s', async (format) => {
    const { srcset, type } = transformSourceProps<Attributes & { type?: string }>({
      ...{ src: url, cdn: 'imgix', type: `image/${format}`, layout: 'fixed', width: 120, height: 80 },
    } as never);
    expect(type).toBe(`image/${format}`);
    expect(await seeAll(srcset)).toEqual([seen(format, 120, 80), seen(format, 240, 160)]);
  });
});
