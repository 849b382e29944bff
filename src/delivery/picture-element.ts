import { thumbHashToDataURL } from 'thumbhash';
import { Failure } from '../failures.ts';
import type { ImageRecord, Placeholder } from '../images/image.ts';
import type { Size } from '../pixels/picture.ts';
import { MAX_OUTPUT_PIXELS, MAX_OUTPUT_SIDE } from '../pixels/sizing.ts';
import type { Family } from './accepted-formats.ts';
import { WIDTHS } from './buckets.ts';
import { familyOf } from './family.ts';

/** What page authors put on a page so that each visitor gets the picture that suits the screen and the browser. */

export interface PictureOrder {
  /** of an image that is ready */
  readonly record: ImageRecord;
  /** The delivery URL with these parameters, and a name that ends in this. */
  readonly link: (parameters: readonly [name: string, value: string][], extension: string) => string;
  /** how wide the picture is laid out: the `sizes` of HTML */
  readonly sizes: string;
  readonly alt: string;
  /** `eager` for what is seen first on a page */
  readonly loading: 'lazy' | 'eager';
}

/** The parts of a `<picture>`, by the names that they have in HTML. */
export interface PictureElement {
  /** in the order in which a browser takes the first that it understands */
  readonly sources: readonly { readonly type: string; readonly srcset: string; readonly sizes: string }[];
  readonly img: {
    readonly src: string;
    readonly srcset: string;
    readonly sizes: string;
    /** pixels, of the whole picture: their ratio keeps its place free */
    readonly width: number;
    readonly height: number;
    readonly alt: string;
    readonly loading: 'lazy' | 'eager';
    readonly decoding: 'async';
  };
  /** to be shown until the picture is there */
  readonly placeholder?: {
    /** base64 */
    readonly thumbhash: string;
    /** a PNG of about 32 pixels, as a data URI */
    readonly data_url: string;
    /** #rrggbb */
    readonly dominant_color: string;
    /** what shines through a picture goes on to do so when that has arrived */
    readonly has_alpha: boolean;
  };
}

/** Without `srcset` a browser is old, and its screen is not large. */
const USUAL_WIDTH = 960;

/** @throws Failure `variant_not_found` where the image has no size */
export function pictureElement({ record, link, sizes, alt, loading }: PictureOrder): PictureElement {
  const { placeholder } = record;
  const size = sizeOf(record);
  const widths = widthsFor(size);
  const family = familyOf(record);
  const { sources, fallback } = formatsFor(family);
  const url = (width: number, fm: string) =>
    link(
      [
        ['w', String(width)],
        // The widest is as wide as the original, which need not be a step of the ladder.
        ['fit', 'max'],
        ['fm', fm],
      ],
      fm,
    );
  const srcset = (fm: string) => widths.map((width) => `${url(width, fm)} ${width}w`).join(', ');
  const usual = widths.find((width) => width >= USUAL_WIDTH) ?? Math.max(...widths);
  return {
    sources: sources.map((fm) => ({ type: `image/${fm}`, srcset: srcset(fm), sizes })),
    img: {
      src: url(usual, fallback),
      srcset: srcset(fallback),
      ...{ sizes, ...size, alt, loading },
      decoding: 'async',
    },
    ...(placeholder && { placeholder: shown(placeholder, family) }),
  };
}

/**
 * The steps of the ladder that the picture is wide enough for, and its own width, up to the last step.
 *
 * @param size of the picture, pixels
 * @returns pixels, ascending, at least one
 */
export function widthsFor(size: Size): number[] {
  const ratio = size.width / size.height;
  const widest = Math.min(
    size.width,
    Math.max(...WIDTHS),
    MAX_OUTPUT_SIDE * ratio,
    Math.sqrt(MAX_OUTPUT_PIXELS * ratio),
  );
  const most = Math.max(1, Math.floor(widest));
  return [...WIDTHS.filter((width) => width < most), most];
}

/** An AVIF of ours stands still: what moves is offered only where it moves. */
function formatsFor({ isAnimated, hasAlpha }: Family) {
  if (isAnimated) return { sources: ['webp'], fallback: 'gif' };
  return { sources: ['avif', 'webp'], fallback: hasAlpha ? 'png' : 'jpg' };
}

/** How far the ratios of the original and of its renderings may differ by rounding. */
const SAME_RATIO = 0.01;

/**
 * Of the picture at its largest. Filters of a pipeline may have cut or turned it: the placeholder was made after them,
 * and its ratio is believed.
 */
function sizeOf({ original, variants, placeholder, image_id }: ImageRecord): Size {
  const [largest] = variants.toSorted((a, b) => b.width * b.height - a.width * a.height);
  const { width = largest?.width, height = largest?.height } = original ?? {};
  if (width === undefined || height === undefined) {
    throw new Failure('variant_not_found', `Nothing was made of image ${image_id}.`);
  }
  const ratio = placeholder?.aspect_ratio ?? width / height;
  const isAsUploaded = Math.abs((ratio * height) / width - 1) < SAME_RATIO;
  return isAsUploaded ? { width, height } : inside({ width, height }, ratio);
}

function inside(box: Size, ratio: number): Size {
  const width = Math.min(box.width, box.height * ratio);
  return { width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(width / ratio)) };
}

function shown({ thumbhash, dominant_color }: Placeholder, { hasAlpha }: Family) {
  const data_url = thumbHashToDataURL(Buffer.from(thumbhash, 'base64'));
  return { thumbhash, data_url, dominant_color, has_alpha: hasAlpha };
}
