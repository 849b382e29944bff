import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CARD, type Gallery, openGallery, WHOLE } from './gallery.ts';

/** The loader for Next.js that the documentation gives: the very lines, asked as `next/image` asks a `loaderFile`. */

type Loader = (props: { src: string; width: number; quality?: number }) => string;

let gallery: Gallery;
let loader: Loader;
beforeAll(async () => {
  [gallery, loader] = await Promise.all([openGallery(), documentedLoader()]);
});
afterAll(() => gallery.close());

async function documentedLoader(): Promise<Loader> {
  const page = await readFile(new URL('../../docs/pages.md', import.meta.url), 'utf8');
  const [, code] = /<!-- tested: loaderFile -->\n```js\n(.*?)```/s.exec(page) ?? [];
  if (code === undefined) throw new Error('docs/pages.md has no loaderFile');
  const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  return module.default as Loader;
}

/** `images.imageSizes` and `images.deviceSizes` of Next.js, where nobody sets others. */
const WIDTHS = [32, 48, 64, 96, 128, 256, 384, 640, 750, 828, 1080, 1200, 1920, 2048, 3840];

describe('a loader for Next.js', () => {
  it('gets all widths that Next.js asks for, up to that of the picture', async () => {
    const pictures = await Promise.all(
      WIDTHS.map((width) => gallery.see(loader({ src: gallery.path, width }))),
    );
    expect(pictures.map(({ width }) => width)).toEqual(WIDTHS.map((width) => Math.min(width, CARD.width)));
    expect(pictures.at(-1)).toMatchObject({ format: 'jpeg', height: CARD.height, colours: WHOLE });
  });

  it('gets the format that the browser knows, in the quality that the page asks for', async () => {
    const url = (quality: number) => loader({ src: gallery.path, width: 640, quality });
    const [coarse, fine] = await Promise.all([20, 90].map((q) => gallery.fetch(url(q), 'image/webp,*/*')));
    expect(await gallery.see(url(20), 'image/webp,*/*')).toMatchObject({ format: 'webp', width: 640 });
    expect(coarse?.length).toBeLessThan(fine?.length ?? 0);
  });
});
