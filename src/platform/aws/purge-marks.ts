import { readFile, writeFile } from 'node:fs/promises';
import type { DerivativeOwner } from '../../delivery/derivative-cache.ts';
import type { Clock } from '../../images/clock.ts';
import type { ObjectStore } from '../../images/object-store.ts';

/** Where it is noted which images were purged, by the minute. */
export const PURGED = 'purged/';

const MINUTE = 60_000;
/** Marks are kept for so long; a machine that has heard nothing for longer forgets all that it has. */
const LIFE_MS = 24 * 60 * MINUTE;
/** Clocks of machines differ, and a mark may take a while: minutes that have passed are looked through again. */
const OVERLAP_MS = 5 * MINUTE;

const NOTHING = new Uint8Array();

/** How machines hear that an image was purged by another one: empty objects `purged/{minute}/{tenant}/{image}`. */
export interface PurgeMarks {
  add(owner: DerivativeOwner): Promise<void>;
  /**
   * What was purged since the last time, by anybody; some of it may come twice.
   * @returns undefined where it cannot be known: everything may have been
   */
  since(): Promise<DerivativeOwner[] | undefined>;
  /** Deletes marks that nobody needs any more. */
  tidy(): Promise<void>;
}

/**
 * @param options.store never a sealed one: a mark outlives the key of its image
 * @param options.stampPath a file of this machine, which says until when it has heard of everything
 */
export function createPurgeMarks(options: {
  readonly store: ObjectStore;
  readonly stampPath: string;
  readonly clock: Clock;
}): PurgeMarks {
  const { store, stampPath, clock } = options;

  async function heardUntil(): Promise<number> {
    const text = await readFile(stampPath, 'utf8').catch(() => '0');
    return Number(text) || 0;
  }

  return {
    async add({ tenantId, imageId }) {
      const key = `${PURGED}${minuteOf(clock.now())}/${tenantId}/${imageId}`;
      await store.put(key, once(NOTHING), { attributes: { contentType: 'text/plain' } });
    },

    async since() {
      const now = clock.now();
      const heard = await heardUntil();
      const found: DerivativeOwner[] = [];
      const isKnown = now - heard <= LIFE_MS - OVERLAP_MS;
      for (let at = heard - OVERLAP_MS; isKnown && at <= now + MINUTE; at += MINUTE) {
        for await (const { key } of store.list(`${PURGED}${minuteOf(at)}/`)) found.push(ownerIn(key));
      }
      await writeFile(stampPath, String(now));
      return isKnown ? found : undefined;
    },

    async tidy() {
      const least = minuteOf(clock.now() - LIFE_MS);
      const old: string[] = [];
      for await (const { key } of store.list(PURGED)) if (minuteIn(key) < least) old.push(key);
      await store.delete(old);
    },
  };
}

/** Text that sorts as time does. */
function minuteOf(time: number): string {
  return String(Math.max(0, Math.floor(time / MINUTE))).padStart(10, '0');
}

function minuteIn(key: string): string {
  return key.split('/')[1] ?? '';
}

function ownerIn(key: string): DerivativeOwner {
  const [, , tenantId = '', imageId = ''] = key.split('/');
  return { tenantId, imageId };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
