import type { Photo } from '../../harness/photos.ts';

export const ways = ['signed upload', 'bucket drop', 'kafka'] as const;
export type Way = (typeof ways)[number];

/** What the senders know: their own log is the oracle. */
export interface History {
  /** by SHA-256: what a server, a bucket or a broker has said yes to */
  readonly acknowledged: Map<string, { readonly way: Way; readonly photo: Photo }>;
  /** by SHA-256: all that was ever begun. What is not acknowledged may be there or not. */
  readonly attempted: Set<string>;
  /** answers of the API that were no success, by status and code */
  readonly answers: Map<string, number>;
  /** answers that no client should ever see, in words */
  readonly wrong: string[];
}

export function newHistory(): History {
  return { acknowledged: new Map(), attempted: new Set(), answers: new Map(), wrong: [] };
}

/**
 * Notes what a client was answered while servers were away.
 *
 * @returns seconds after which it may ask again; undefined where it succeeded
 */
export async function judged(
  history: History,
  asked: string,
  response: Response,
): Promise<number | undefined> {
  if (response.ok) return undefined;
  const body = await response.text();
  const code = /"code":"([a-z_]+)"/.exec(body)?.[1] ?? /<Code>(\w+)</.exec(body)?.[1] ?? 'no code';
  const what = `${asked}: ${response.status} ${code}`;
  history.answers.set(what, (history.answers.get(what) ?? 0) + 1);
  const after = response.headers.get('retry-after');
  if (response.status !== 503 || after === null) {
    history.wrong.push(`${what}, Retry-After ${after ?? 'absent'}: ${body.slice(0, 200)}`);
  }
  return Math.min(Number(after ?? 1) || 1, 5);
}
