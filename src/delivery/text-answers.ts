import { hash } from 'node:crypto';
import type { ImageRecord } from '../images/image.ts';
import { derivativeInMemory } from './derivative.ts';
import type { PictureBody } from './picture.ts';
import { isPlain } from './plain.ts';
import { type Words, wordTypes } from './read-words.ts';
import type { DeliveryRequest } from './request.ts';

/** Answers in words instead of pixels that the record holds: `fm=json`, and `fm=thumbhash` of the picture as it is. */

/** Undefined where the record does not say it: then it has to be read from the picture. */
export function textAnswer(request: DeliveryRequest, record: ImageRecord): PictureBody | undefined {
  const words = wordsOf(request, record);
  if (!words) return undefined;
  const bytes = Buffer.from(words.text);
  const { contentType } = words;
  return derivativeInMemory({ size: bytes.length, sha256: hash('sha256', bytes), contentType }, bytes);
}

function wordsOf(request: DeliveryRequest, record: ImageRecord): Words | undefined {
  const { text } = request.output;
  if (text === 'json') return { text: JSON.stringify(descriptionOf(record)), contentType: wordTypes.json };
  const hash = record.placeholder?.thumbhash;
  if (text !== 'thumbhash' || hash === undefined || !isPlain(request)) return undefined;
  return { text: hash, contentType: wordTypes.plain };
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
