import { Failure, toFailure } from '../failures.ts';

/** What sharp was doing: an error it cannot name is the picture's fault while its bytes are decoded, and ours after. */
export type Phase = 'decoding' | 'processing' | 'encoding';

/**
 * A {@link Failure} for whatever sharp threw. sharp and libvips have no error codes, only texts: this is the one place
 * that reads them. Texts it does not know fall back on the phase.
 *
 * @returns `image_too_large`, `unsupported_format`, `image_corrupt`, `storage_full` or `render_failed`, the cause attached
 */
export function sharpFailure(error: unknown, phase: Phase): Failure {
  if (error instanceof Failure) return error;
  const known = toFailure(error);
  if (known.code === 'storage_full') return known;
  const text = error instanceof Error ? error.message : String(error);
  const row = KNOWN_TEXTS.find(({ pattern }) => pattern.test(text)) ?? FALLBACK[phase];
  return new Failure(row.code, row.message, { cause: error });
}

interface Meaning {
  readonly code: 'image_too_large' | 'unsupported_format' | 'image_corrupt' | 'render_failed';
  readonly message: string;
}

const OURS: Meaning = {
  code: 'render_failed',
  message: 'The image could not be rendered. Trying again may help; if it does not, report it.',
};

const DAMAGED: Meaning = {
  code: 'image_corrupt',
  message: 'The image is damaged or cut short: it cannot be decoded to its end. Upload an intact file.',
};

const FALLBACK: Readonly<Record<Phase, Meaning>> = { decoding: DAMAGED, processing: OURS, encoding: OURS };

/** First match wins. Seen with sharp 0.35.5, libvips 8.18.7, libheif 1.23.5; the test drives each from real files. */
const KNOWN_TEXTS: readonly (Meaning & { readonly pattern: RegExp })[] = [
  {
    pattern: /file is missing|out of memory|unable to (m)?alloc|could not allocate/i,
    ...OURS,
  },
  {
    pattern: /exceeds pixel limit|security limit|exceeds the maximum (image|number of pixels)/i,
    code: 'image_too_large',
    message: 'The image has more pixels than are accepted. Scale it down, then upload it again.',
  },
  {
    pattern: /too large for the \w+ format|image dimensions? too large|too large for/i,
    code: 'image_too_large',
    message: 'The result has more pixels a side than its format can hold. Ask for a smaller size.',
  },
  {
    pattern: /unsupported image format|unsupported (codec|feature)|no decoding plugin/i,
    code: 'unsupported_format',
    message: 'The file is not an image in a format that is accepted.',
  },
];
