import type { Kind } from './kind.ts';

/** An image by id or name. */
export const imageReference: Kind<string> = {
  range: 'the id or the name of an image of yours, at most 255 characters',
  read: (text) =>
    text === '' || text.length > 255 || UNPRINTABLE.test(text) || URL_LIKE.test(text) ? undefined : text,
  write: (value) => value,
  mend: (text) =>
    URL_LIKE.test(text) ? 'No URL is fetched: upload the image and give its id or name.' : undefined,
};

const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;
const URL_LIKE = /^[a-z][a-z0-9+.-]*:|^\/\//i;
