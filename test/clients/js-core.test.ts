import jsCore from '@imgix/js-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../harness/uploads.ts';
import { CARD, candidatesOf, type Gallery, openGallery, type Seen, WHOLE } from './gallery.ts';

/** The client of imgix, as it is: what it builds is fetched from a running server, and measured. */

let gallery: Gallery;
beforeAll(async () => {
  gallery = await openGallery();
});
afterAll(() => gallery.close());

const MODERN = 'image/avif,image/webp,image/*,*/*;q=0.8';
/** Its types tell of an ES module, and Node loads the other one, which is the class itself. */
const ImgixClient = jsCore as unknown as typeof jsCore.default;
const client = new ImgixClient({ domain: 'pictures.example', useHTTPS: false, includeLibraryParam: true });
const see = (params: object, accept?: string) => gallery.see(client.buildURL(gallery.path, params), accept);

const seen = (format: string, width: number, height: number, colours = WHOLE): Seen => ({
  ...{ format, width, height, colours },
});

describe('buildURL', () => {
  it('says which library it is, and that changes nothing', async () => {
    expect(client.buildURL(gallery.path, { w: 300 })).toContain('ixlib=js-');
    expect(await see({ w: 300 })).toEqual(seen('jpeg', 300, 200));
  });

  it.each<[params: object, picture: Seen]>([
    [{ w: 300, h: 300 }, seen('jpeg', 300, 200)],
    [{ w: 200, h: 400, fit: 'crop', crop: 'left' }, seen('jpeg', 200, 400, 'RRR/RRR/BBB')],
    [{ w: 200, h: 400, fit: 'crop', crop: 'right' }, seen('jpeg', 200, 400, 'GGG/GGG/YYY')],
    [{ w: 400, h: 100, fit: 'crop', crop: 'top,left' }, seen('jpeg', 400, 100, 'RGG/RGG/RGG')],
    [{ w: 400, h: 100, fit: 'crop', crop: 'bottom' }, seen('jpeg', 400, 100, 'BYY/BYY/BYY')],
    [
      { w: 200, h: 200, fit: 'crop', crop: 'focalpoint', 'fp-x': 0.1, 'fp-y': 0.1, 'fp-z': 4 },
      seen('jpeg', 200, 200, 'RRR/RRR/RRR'),
    ],
    [{ w: 300, ar: '2:3', fit: 'crop', crop: 'right' }, seen('jpeg', 300, 450, 'GGG/GGG/YYY')],
    [{ w: 300, h: 300, fit: 'scale' }, seen('jpeg', 300, 300)],
    [{ w: 300, h: 300, fit: 'fill', 'fill-color': 'white' }, seen('jpeg', 300, 300, 'WWW/RGG/WWW')],
    [{ w: 1600, fit: 'max' }, seen('jpeg', CARD.width, CARD.height)],
    [{ w: 200, dpr: 2 }, seen('jpeg', 400, 267)],
    [{ w: 240, rect: '480,0,720,440' }, seen('jpeg', 240, 147, 'GGG/GGG/GGG')],
    [{ w: 300, flip: 'h' }, seen('jpeg', 300, 200, 'GGR/GGR/YYB')],
    [{ h: 300, rot: 90 }, seen('jpeg', 200, 300, 'GGY/GGY/RRB')],
    [{ w: 300, fm: 'webp', q: 60 }, seen('webp', 300, 200)],
    [{ w: 300, fm: 'avif' }, seen('avif', 300, 200)],
    [{ w: 300, fm: 'png8' }, seen('png', 300, 200)],
    [{ w: 300, fm: 'pjpg' }, seen('jpeg', 300, 200)],
  ])('%j', async (params, picture) => {
    expect(await see(params)).toEqual(picture);
  });

  it('encodes what is not of ASCII in a way of its own, which says the same', async () => {
    const words = 'Grüße & 100 %';
    const [none, plain, encoded] = await Promise.all(
      [{}, { txt: words }, { txt64: words }].map((text) =>
        gallery.fetch(client.buildURL(gallery.path, { w: 320, 'txt-size': 40, ...text })),
      ),
    );
    expect(client.buildURL(gallery.path, { txt64: words })).not.toContain('%');
    expect(encoded?.equals(plain ?? Buffer.of())).toBe(true);
    expect(encoded?.equals(none ?? Buffer.of())).toBe(false);
  });

  it('leaves the format to the browser', async () => {
    expect((await see({ w: 300, auto: 'format' }, 'image/webp,*/*')).format).toBe('webp');
    expect((await see({ w: 300, auto: 'format,compress' })).format).toBe('jpeg');
  });

  it('has a modern browser wait for no AVIF, and gets it one when it is there', async () => {
    const wish = { w: 600, auto: 'format' };
    expect((await see(wish, MODERN)).format).toBe('webp');
    await expect.poll(async () => (await see(wish, MODERN)).format, { timeout: 15_000 }).toBe('avif');
  });
});

describe('buildSrcSet', () => {
  it('for any screen: every candidate is as wide as it says', async () => {
    const srcset = client.buildSrcSet(gallery.path, { fm: 'jpg' }, { maxWidth: CARD.width });
    const candidates = candidatesOf(srcset);
    expect(candidates.length).toBeGreaterThan(10);
    const widths = await Promise.all(candidates.map(async ({ url }) => `${(await gallery.see(url)).width}w`));
    expect(widths).toEqual(candidates.map(({ descriptor }) => descriptor));
  });

  it('of its own widths, with a crop', async () => {
    const params = { ar: '2:3', fit: 'crop', crop: 'left' };
    const candidates = candidatesOf(client.buildSrcSet(gallery.path, params, { widths: [120, 240, 480] }));
    const pictures = await Promise.all(candidates.map(({ url }) => gallery.see(url)));
    expect(pictures).toEqual([120, 240, 480].map((w) => seen('jpeg', w, w * 1.5, 'RRG/RRG/BBY')));
  });

  it('for a fixed place on the page: every candidate has the density that it says', async () => {
    const candidates = candidatesOf(client.buildSrcSet(gallery.path, { w: 100, h: 100, fit: 'crop' }));
    const pictures = await Promise.all(candidates.map(({ url }) => gallery.see(url)));
    expect(candidates.map(({ descriptor }) => descriptor)).toEqual(['1x', '2x', '3x', '4x', '5x']);
    expect(pictures.map(({ width, height }) => [width, height])).toEqual(
      [1, 2, 3, 4, 5].map((density) => [100 * density, 100 * density]),
    );
  });
});

describe('secureURLToken', () => {
  const TOKEN = 'a-token-of-imgix-0123';
  const secured = new ImgixClient({
    ...{ domain: 'pictures.example', useHTTPS: false, includeLibraryParam: true },
    secureURLToken: TOKEN,
  });
  const change = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    await accepted(
      await gallery.server.fetch('/v1/tenant', { method: 'PATCH', headers, body: JSON.stringify(body) }),
    );
  };
  const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  beforeAll(() => change({ delivery: 'signed', imgix_token: TOKEN }));
  afterAll(() => change({ delivery: 'public', imgix_token: null }));

  it.each<[params: object, picture: Seen]>([
    [{}, seen('jpeg', CARD.width, CARD.height)],
    [{ w: 301 }, seen('jpeg', 301, 201)],
    [{ w: 300, txt: 'Grüße & 100 %', fm: 'png' }, seen('png', 300, 200)],
    [{ w: 300, txt64: 'Grüße & 100 %' }, seen('jpeg', 300, 200)],
    [{ w: 300, exp: 0 }, seen('jpeg', 300, 200)],
    [{ w: 300, expires: inSeconds(600) }, seen('jpeg', 300, 200)],
  ])('opens images that nobody else sees, in any size: %j', async (params, picture) => {
    const url = secured.buildURL(gallery.path, params);
    expect(url).toMatch(/[?&]s=[0-9a-f]{32}$/);
    expect(await gallery.see(url)).toEqual(picture);
  });

  it('opens them by names that have to be encoded', async () => {
    const path = gallery.path.replace('card.jpg', 'Grüße: 1+1?.jpg');
    expect(await gallery.see(secured.buildURL(path, { w: 300 }))).toEqual(seen('jpeg', 300, 200));
  });

  it('signs every candidate of a srcset', async () => {
    const candidates = candidatesOf(
      secured.buildSrcSet(gallery.path, { fm: 'jpg' }, { widths: [101, 202, 303] }),
    );
    const widths = await Promise.all(candidates.map(async ({ url }) => `${(await gallery.see(url)).width}w`));
    expect(widths).toEqual(candidates.map(({ descriptor }) => descriptor));
    expect(widths).toEqual(['101w', '202w', '303w']);
  });

  it.each<[what: string, url: () => string]>([
    ['without a token', () => client.buildURL(gallery.path, { w: 300 })],
    ['altered', () => secured.buildURL(gallery.path, { w: 300 }).replace('w=300', 'w=400')],
    ['after its end', () => secured.buildURL(gallery.path, { w: 300, expires: inSeconds(-1) })],
  ])('refuses what is asked for %s', async (_, url) => {
    await expect(gallery.see(url())).rejects.toThrow('403');
  });
});
