import { hash } from 'node:crypto';
import { Failure } from '../failures.ts';
import type { ImageRecord, StoredImage } from '../images/image.ts';
import { derivativeInMemory } from './derivative.ts';
import type { PictureBody } from './picture.ts';
import type { TextOutput } from './request.ts';

/** Answers in words instead of pixels, from the record: `fm=json`, `fm=thumbhash`. */

interface TextAnswer {
  readonly contentType: string;
  /** @throws Failure `variant_not_found` */
  readonly write: (record: ImageRecord) => string;
}

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

const answers: Readonly<Partial<Record<TextOutput, TextAnswer>>> = {
  json: { contentType: JSON_TYPE, write: (record) => JSON.stringify(descriptionOf(record)) },
  thumbhash: { contentType: TEXT_TYPE, write: (record) => placeholderOf(record).thumbhash },
};

/** @throws Failure `variant_not_found` where nothing of the kind was made of the image */
export function textAnswer(kind: TextOutput, { record }: StoredImage): PictureBody {
  const answer = answers[kind];
  if (!answer) throw new Failure('variant_not_found', `fm: there is no ${kind} of this image.`);
  const bytes = Buffer.from(answer.write(record));
  const { width = 0, height = 0 } = record.original ?? {};
  const facts = { size: bytes.length, sha256: hash('sha256', bytes), contentType: answer.contentType };
  return derivativeInMemory({ ...facts, width, height }, bytes);
}

/** What anybody may know of a picture that they may see: nothing of who took it, where, or what it was called. */
function descriptionOf({ image_id, original, placeholder, variants, expires_at }: ImageRecord) {
  return {
    image_id,
    format: original?.format,
    content_type: original?.content_type,
    size: original?.size,
    width: original?.width,
    height: original?.height,
    frames: original?.pages,
    ...placeholder,
    variants: variants.map(({ name, format, width, height, size }) => ({
      name,
      format,
      width,
      height,
      size,
    })),
    expires_at,
  };
}

function placeholderOf({ placeholder }: ImageRecord): NonNullable<ImageRecord['placeholder']> {
  if (placeholder) return placeholder;
  throw new Failure('variant_not_found', 'fm: the pipeline of this image makes no placeholder.');
}
