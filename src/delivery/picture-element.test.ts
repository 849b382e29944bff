import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';
import { describe, expect, it } from 'vitest';
import type { Format, ImageRecord } from '../images/image.ts';
import { WIDTHS } from './buckets.ts';
import { RUNGS } from './ladder.ts';
import { pictureElement, widthsFor } from './picture-element.ts';
import { pictureMarkup } from './picture-markup.ts';

/** Of one colour, somewhat transparent where asked for. */
function thumbhash(alpha = 255): string {
  const pixel = [200, 60, 30, alpha];
  const pixels = Array.from({ length: 30 * 20 }, () => pixel).flat();
  return Buffer.from(rgbaToThumbHash(30, 20, pixels)).toString('base64');
}

interface Kind {
  readonly width?: number;
  readonly height?: number;
  readonly format?: Format;
  readonly pages?: number;
  readonly placeholder?: { readonly alpha?: number; readonly ratio?: number } | null;
}

const variant = { name: 'large', format: 'webp', width: 400, height: 300 } as const;

function recordOf({ width = 1500, height = 1000, format = 'jpeg', pages = 1, placeholder = {} }: Kind) {
  return {
    image_id: 'an-image',
    original: { filename: 'a.jpg', format, width, height, pages },
    variants: [variant],
    ...(placeholder && {
      placeholder: {
        thumbhash: thumbhash(placeholder.alpha),
        dominant_color: '#c83c1e',
        aspect_ratio: placeholder.ratio ?? width / height,
      },
    }),
  } as unknown as ImageRecord;
}

const link = (parameters: readonly [string, string][], extension: string) =>
  `https://photos.example/i/an-image/a.${extension}?${new URLSearchParams([...parameters])}`;

function element(kind: Kind = {}, attributes: { sizes?: string; alt?: string } = {}) {
  return pictureElement({
    record: recordOf(kind),
    link,
    sizes: '100vw',
    alt: '',
    loading: 'lazy',
    ...attributes,
  });
}

const widthsIn = (srcset: string) => [...srcset.matchAll(/ (\d+)w/g)].map(([, width]) => Number(width));

describe('widths', () => {
  it.each<[what: string, width: number, height: number, widths: number[]]>([
    ['between two steps ends with its own', 1500, 1000, [160, 320, 480, 640, 800, 960, 1280, 1500]],
    ['on a step ends there', 640, 480, [160, 320, 480, 640]],
    ['smaller than all steps has its own only', 100, 75, [100]],
    ['of one pixel', 1, 1, [1]],
    ['larger than all steps ends with the last', 9000, 6000, [...WIDTHS]],
    ['very high stays inside the highest output', 400, 20_000, [160, 163]],
    ['a thread', 2, 60_000, [1]],
    ['large and high stays inside the largest output', 3840, 12_000, [...WIDTHS.slice(0, -2), 2560, 2621]],
  ])('of a picture %s', (_what, width, height, widths) => {
    expect(widthsFor({ width, height })).toEqual(widths);
  });

  it('are sizes that unsigned URLs may ask for', () => {
    expect(WIDTHS.filter((width) => !RUNGS.includes(width))).toEqual([]);
  });
});

describe('a picture element', () => {
  it.each<[what: string, kind: Kind, types: string[], fallback: string]>([
    ['a photograph', {}, ['image/avif', 'image/webp'], 'jpg'],
    ['what is transparent', { placeholder: { alpha: 100 } }, ['image/avif', 'image/webp'], 'png'],
    ['a PNG that is not', { format: 'png' }, ['image/avif', 'image/webp'], 'jpg'],
    [
      'a PNG of which nothing is known',
      { format: 'png', placeholder: null },
      ['image/avif', 'image/webp'],
      'png',
    ],
    ['an animation', { format: 'gif', pages: 12 }, ['image/webp'], 'gif'],
  ])('offers of %s what browsers know, and what all do', (_what, kind, types, fallback) => {
    const { sources, img } = element(kind);
    expect(sources.map(({ type }) => type)).toEqual(types);
    const formats = sources.map(({ srcset }) => new Set(srcset.match(/(?<=fm=)\w+/g)));
    expect(formats).toEqual(types.map((type) => new Set([type.replace('image/', '')])));
    expect(new Set(img.srcset.match(/(?<=fm=)\w+/g))).toEqual(new Set([fallback]));
  });

  it('names for each width a URL that asks for it and enlarges nothing', () => {
    const { sources } = element({ width: 500, height: 250 });
    expect(sources[1]?.srcset).toBe(
      [160, 320, 480, 500]
        .map((w) => `https://photos.example/i/an-image/a.webp?w=${w}&fit=max&fm=webp ${w}w`)
        .join(', '),
    );
  });

  it.each([
    [1500, 960],
    [700, 700],
  ])('shows old browsers a picture of %i pixels in %i', (width, shown) => {
    expect(element({ width, height: 100 }).img.src).toContain(`?w=${shown}&fit=max&fm=jpg`);
  });

  it.each<[what: string, kind: Kind, size: { width: number; height: number }]>([
    ['as it was uploaded', {}, { width: 1500, height: 1000 }],
    ['whatever the rounding', { placeholder: { ratio: 1.503 } }, { width: 1500, height: 1000 }],
    ['turned by its pipeline', { placeholder: { ratio: 1000 / 1500 } }, { width: 667, height: 1000 }],
    ['made flat by its pipeline', { placeholder: { ratio: 3 } }, { width: 1500, height: 500 }],
  ])('says the size of a picture %s, and goes no further', (_what, kind, size) => {
    const { img } = element(kind);
    expect({ width: img.width, height: img.height }).toEqual(size);
    expect(Math.max(...widthsIn(img.srcset))).toBe(size.width);
  });

  it('goes by what was made where nothing is known of the original', () => {
    const { original: _, placeholder: __, ...record } = recordOf({});
    const { img } = pictureElement({ record, link, sizes: '', alt: '', loading: 'lazy' });
    expect([img.width, img.height]).toEqual([400, 300]);
    expect(() =>
      pictureElement({ record: { ...record, variants: [] }, link, sizes: '', alt: '', loading: 'lazy' }),
    ).toThrowError(expect.objectContaining({ code: 'variant_not_found' }));
  });

  it('holds its placeholder as a picture that can be seen at once', async () => {
    const { data_url: url = '' } = element().placeholder ?? {};
    const [, base64 = ''] = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/.exec(url) ?? [];
    const { dominant } = await sharp(Buffer.from(base64, 'base64')).stats();
    expect(Math.hypot(dominant.r - 200, dominant.g - 60, dominant.b - 30)).toBeLessThan(16);
  });
});

describe('its markup', () => {
  it('is a whole picture element', () => {
    const html = pictureMarkup(element({ width: 200, height: 100 }, { sizes: '50vw', alt: 'A rocket' }));
    const attributes = html.replace(/srcset="[^"]+"/g, 'srcset=""').replace(/src="[^"]+"/, 'src=""');
    expect(attributes.replace(/base64,[^)]+/, 'base64,')).toBe(
      [
        '<picture>',
        '  <source type="image/avif" srcset="" sizes="50vw">',
        '  <source type="image/webp" srcset="" sizes="50vw">',
        '  <img src="" srcset="" sizes="50vw" width="200" height="100" alt="A rocket" loading="lazy" decoding="async" style="background:#c83c1e url(data:image/png;base64,) center/cover no-repeat">',
        '</picture>\n',
      ].join('\n'),
    );
    expect(html).toContain('a.avif?w=160&amp;fit=max&amp;fm=avif 160w, https:');
  });

  it('shows no placeholder through what is transparent', () => {
    expect(pictureMarkup(element({ placeholder: { alpha: 100 } }))).not.toContain('style=');
    expect(element({ placeholder: { alpha: 100 } }).placeholder?.has_alpha).toBe(true);
    expect(pictureMarkup(element({ placeholder: null }))).not.toContain('style=');
  });

  it.each([
    ['"><script>alert(1)</script>', '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`' onerror='alert(1)`, '&#39; onerror=&#39;alert(1)'],
    ['&quot;', '&amp;quot;'],
    ['<img src=x>', '&lt;img src=x&gt;'],
  ])('keeps %s text', (text, written) => {
    const html = pictureMarkup(element({}, { alt: text, sizes: text }));
    expect(html).toContain(` alt="${written}"`);
    expect(html.split(` sizes="${written}"`)).toHaveLength(4);
    expect(html.match(/<(?!picture>|\/picture>|source |img )/g)).toBeNull();
  });
});
