import { Failure } from '../failures.ts';
import { Tags } from '../images/image.ts';
import { invalidRequest } from './validation.ts';

/** What a sender wants done with a file: in the query, or in the fields of a form before the file. */
export interface Wishes {
  readonly pipeline?: string;
  readonly tags?: Tags;
}

const TAG = 'tag.';

/** Names that a form or query may have; everything else is a mistake that would pass unseen. */
export function isWish(name: string): boolean {
  return name === 'pipeline' || name === 'tags' || name.startsWith(TAG);
}

/**
 * Reads `pipeline=web`, `tags={"team":"web"}` and `tag.team=web`.
 *
 * @param pairs in the order they came; a later `tag.` wins
 * @throws Failure `invalid_request`
 */
export function readWishes(pairs: Iterable<readonly [name: string, value: string]>): Wishes {
  let pipeline: string | undefined;
  const tags = new Map<string, unknown>();
  for (const [name, value] of pairs) {
    if (name === 'pipeline') pipeline = value;
    else if (name === 'tags') for (const [key, own] of Object.entries(tagsFrom(value))) tags.set(key, own);
    else if (name.startsWith(TAG)) tags.set(name.slice(TAG.length), value);
  }
  return {
    ...(pipeline === undefined || pipeline === '' ? {} : { pipeline }),
    ...(tags.size === 0 ? {} : { tags: checkedTags(tags) }),
  };
}

/** @throws Failure `invalid_request` */
export function checkedTags(tags: Iterable<readonly [name: string, value: unknown]>): Tags {
  const parsed = Tags.safeParse(Object.fromEntries(tags));
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.map((issue) => ({ ...issue, path: ['tags', ...issue.path] })));
}

function tagsFrom(json: string): object {
  try {
    const value: unknown = json === '' ? {} : JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new Failure('invalid_request', 'tags must be a JSON object of texts, such as {"team":"web"}.');
}
