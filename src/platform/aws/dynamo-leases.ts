import { performance } from 'node:perf_hooks';
import type { Leases } from '../../duties/leases.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, text } from './dynamo-items.ts';
import { deleteItem, getItem, IS_NEW, putItem, updateItem } from './dynamo-requests.ts';

/** What this process has seen of somebody else's lease. */
interface Sighting {
  /** grows with each time that it is taken */
  readonly beat: number;
  readonly holder: string;
  /** of the monotonic clock of this process, milliseconds */
  readonly since: number;
}

/**
 * A lease is one item. Machines have clocks of their own, so no time is written down: a lease has run out where nobody
 * has taken it again for so long by the clock of whoever watches it.
 *
 * @param monotonic milliseconds of a clock that never jumps
 */
export function createDynamoLeases(
  table: DynamoTable,
  monotonic: () => number = () => performance.now(),
): Leases {
  const sightings = new Map<string, Sighting>();
  const keyOf = (name: string) => ({ pk: `lease#${name}`, sk: 'lease' });
  const isFrom = (holder: string, beat?: number) => ({
    expression: beat === undefined ? 'holder = :holder' : 'holder = :holder AND beat = :beat',
    values: attributes({ ':holder': holder, ':beat': beat }),
  });

  const extend = (name: string, holder: string) => {
    const change = { expression: 'SET beat = beat + :one', values: attributes({ ':one': 1 }) };
    return updateItem(table, keyOf(name), change, isFrom(holder));
  };

  async function takeOver(name: string, holder: string, { beat, holder: from }: Sighting): Promise<boolean> {
    const item = attributes({ ...keyOf(name), holder, beat: beat + 1 });
    return putItem(table, item, isFrom(from, beat));
  }

  function watch(sightingsOf: string, item: Item): Sighting {
    const now = { beat: integer(item, 'beat'), holder: text(item, 'holder'), since: monotonic() };
    const before = sightings.get(sightingsOf);
    const isSame = before?.beat === now.beat && before.holder === now.holder;
    const sighting = isSame ? before : now;
    sightings.set(sightingsOf, sighting);
    return sighting;
  }

  return {
    async take(name, holder, forMs) {
      const watching = `${name}\n${holder}`;
      // Who has seen it with somebody else reads first: a refused write costs what a write costs.
      if (!sightings.has(watching) && (await extend(name, holder))) return true;
      const found = await getItem(table, keyOf(name));
      if (found === undefined || text(found, 'holder') === holder) {
        sightings.delete(watching);
        if (found) return (await extend(name, holder)) !== undefined;
        return putItem(table, attributes({ ...keyOf(name), holder, beat: 1 }), IS_NEW);
      }
      const sighting = watch(watching, found);
      if (monotonic() - sighting.since < forMs || !(await takeOver(name, holder, sighting))) return false;
      sightings.delete(watching);
      return true;
    },

    async giveBack(name, holder) {
      await deleteItem(table, keyOf(name), isFrom(holder));
    },
  };
}
