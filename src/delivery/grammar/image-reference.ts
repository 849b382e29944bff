import type { Kind } from './kind.ts';

/** An image by its id, or by the path that delivers it. Whether there is such an image is for others to say. */
export const imageReference: Kind<string> = {
  range: 'the id of an image of yours or its path, /i/{image_id}/{any-name}, at most 255 characters',
  read: (text) =>
    text === '' || text.length > 255 || UNPRINTABLE.test(text) || URL_LIKE.test(text)
      ? undefined
      : (PATH.exec(text)?.[1] ?? text),
  write: (value) => value,
  mend: (text) => (URL_LIKE.test(text) ? 'No URL is fetched: upload the image and give its id.' : undefined),
};

const PATH = /^\/?i\/([0-9a-f-]{36})(?:\/[^/]*)?$/;

const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:|^\/\//i;
