import { Failure } from '../failures.ts';
import type { Format } from '../images/image.ts';

/** What the query of a delivery URL asks for. Unknown parameters are ignored; wrong values of known ones are not. */
export interface DeliveryParameters {
  /** name of a stored variant; the largest where absent */
  readonly variant?: string;
  /** asked for outright; negotiated where absent */
  readonly format?: Format;
  /** name of the download; '' keeps the usual one; shown inline where absent */
  readonly download?: string;
}

/** The grammar's names of formats; `fm` in links is the first one of each. */
const formatNames: ReadonlyMap<string, Format> = new Map([
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['webp', 'webp'],
  ['avif', 'avif'],
  ['png', 'png'],
  ['gif', 'gif'],
]);

const VARIANT = /^[a-z0-9_-]{1,32}$/;
const MAX_DOWNLOAD_NAME = 255;

/** @throws Failure `invalid_request`, naming the parameter and what it takes */
export function readParameters(query: URLSearchParams): DeliveryParameters {
  const variant = single(query, 'v');
  if (variant !== undefined && !VARIANT.test(variant)) {
    throw wrong('v', 'the name of a variant, such as medium', variant);
  }
  const fm = single(query, 'fm');
  const format = fm === undefined ? undefined : formatNames.get(fm);
  if (fm !== undefined && format === undefined) throw wrong('fm', 'one of jpg, webp, avif, png, gif', fm);
  const download = single(query, 'dl');
  if (download !== undefined && download.length > MAX_DOWNLOAD_NAME) {
    throw wrong('dl', `a file name of at most ${MAX_DOWNLOAD_NAME} characters`, download);
  }
  return {
    ...(variant === undefined ? {} : { variant }),
    ...(format === undefined ? {} : { format }),
    ...(download === undefined ? {} : { download }),
  };
}

/** Caches and we might each take another one of two values: neither is taken. */
function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name);
  if (more.length > 0) throw refused(name, `is given ${more.length + 1} times; give it once`);
  return value;
}

function wrong(name: string, expected: string, got: string): Failure {
  return refused(name, `must be ${expected}; got ${JSON.stringify(got.slice(0, 64))}`);
}

function refused(path: string, message: string): Failure {
  return new Failure('invalid_request', `${path} ${message}.`, { extra: { errors: [{ path, message }] } });
}
