import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PictureElement } from '../../src/delivery/picture-element.ts';
import { CARD, candidatesOf, type Gallery, openGallery, WHOLE } from './gallery.ts';

/** What Darkroom itself gives to authors of pages: a browser that follows it gets what it promises. */

let gallery: Gallery;
let page: string;
beforeAll(async () => {
  gallery = await openGallery();
  page = `/v1/image/${gallery.path.split('/')[2]}/picture`;
});
afterAll(() => gallery.close());

describe('a picture element', () => {
  it('promises pictures that are there, in their format and width', async () => {
    const element = (await (await gallery.server.fetch(`${page}?format=json`)).json()) as PictureElement;
    const sets = [...element.sources, { ...element.img, type: 'image/jpeg' }];
    expect(sets.map(({ type }) => type)).toEqual(['image/avif', 'image/webp', 'image/jpeg']);
    for (const { type, srcset } of sets) {
      const candidates = candidatesOf(srcset);
      const ends = [candidates.at(0), candidates.at(3), candidates.at(-1)].filter((it) => it !== undefined);
      const pictures = await Promise.all(ends.map(({ url }) => gallery.see(url)));
      expect(pictures.map(({ format, width, colours }) => [format, `${width}w`, colours])).toEqual(
        ends.map(({ descriptor }) => [type.replace('image/', ''), descriptor, WHOLE]),
      );
    }
    expect([element.img.width, element.img.height]).toEqual([CARD.width, CARD.height]);
    expect((await gallery.see(element.img.src)).width).toBe(960);
  });

  it('is HTML whose attributes say the same', async () => {
    const html = await (await gallery.server.fetch(`${page}?alt=%22%3E%3Cscript%3E`)).text();
    expect(html).toContain('alt="&quot;&gt;&lt;script&gt;"');
    const [, srcset = ''] = /type="image\/webp" srcset="([^"]+)"/.exec(html) ?? [];
    const [first] = candidatesOf(srcset.replaceAll('&amp;', '&'));
    expect(await gallery.see(first?.url ?? '')).toMatchObject({ format: 'webp', width: 160 });
  });
});
