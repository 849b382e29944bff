import { z } from 'zod';
import type { Remote } from './remote.ts';
import { retrying } from './retry.ts';

const DeadLetter = z.looseObject({
  id: z.string(),
  image_id: z.string(),
  kind: z.string(),
  reason: z.object({ code: z.string(), message: z.string() }),
  receives: z.number(),
  buried_at: z.string(),
});
export type DeadLetter = z.infer<typeof DeadLetter>;

const Page = z.object({ dead_letters: z.array(DeadLetter), next_cursor: z.string().nullish() });

const PATH = '/v1/dead-letters';
const PAGE = '200';

export async function allDeadLetters(remote: Remote): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let cursor: string | undefined;
  do {
    const place = cursor === undefined ? [] : [['cursor', cursor] as const];
    const query = [['limit', PAGE] as const, ...place];
    const page = await retrying(() => remote.json(Page, 'GET', PATH, { query }), remote);
    letters.push(...page.dead_letters);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return letters;
}

/** Tries the work again, with a fresh count. @throws RemoteProblem `dead_letter_not_found` */
export async function redrive(remote: Remote, id: string): Promise<void> {
  await remote.request('POST', `${PATH}/${encodeURIComponent(id)}/redrive`);
}

/** Forgets the work. @throws RemoteProblem `dead_letter_not_found` */
export async function drop(remote: Remote, id: string): Promise<void> {
  await remote.request('DELETE', `${PATH}/${encodeURIComponent(id)}`);
}
