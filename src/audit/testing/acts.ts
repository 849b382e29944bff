import type { Act } from '../entry.ts';

/** Something that somebody did. */
export function anAct(differences: Partial<Act> = {}): Act {
  return {
    tenant_id: 'ours',
    actor: { id: 'anna', role: 'owner', credential: 'key', credential_id: 'k1' },
    action: 'image.upload',
    outcome: 'allowed',
    ...differences,
  };
}

export async function read<T>(all: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of all) items.push(item);
  return items;
}

export async function* from<T>(all: Iterable<T>): AsyncIterable<T> {
  yield* all;
}
