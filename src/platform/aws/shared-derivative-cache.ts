import { join } from 'node:path';
import { type Derivative, holdInMemory } from '../../delivery/derivative.ts';
import type { DerivativeCache, DerivativeOwner, Making } from '../../delivery/derivative-cache.ts';
import type { Clock } from '../../images/clock.ts';
import { keyNameOf } from '../../images/keyring.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import type { EmbeddedDerivativeCache } from '../embedded/derivative-cache.ts';
import { DerivativeMakings } from '../embedded/derivative-makings.ts';
import type { PurgeMarks } from './purge-marks.ts';
import type { SharedPictures } from './shared-pictures.ts';

export interface SharedDerivativeCacheOptions {
  /** of this machine: bounded, and asked first */
  readonly local: EmbeddedDerivativeCache;
  readonly pictures: SharedPictures;
  readonly marks: PurgeMarks;
  readonly scratch: ObjectStore['scratch'];
  readonly clock: Clock;
  /** Deletes what this machine has kept: it has not heard for too long what was purged. Before anything is opened. */
  readonly empty: () => Promise<void>;
}

export interface SharedDerivativeCache extends DerivativeCache {
  /** Hears what was purged while this machine was down, then lets it answer from what it has kept. */
  open(): Promise<void>;
  /** Hears what other machines have purged since the last time. To be called every minute. */
  listen(): Promise<void>;
  /** Deletes what all machines share and is older than this many milliseconds, and old marks. To be called daily. */
  expire(olderThan: number): Promise<number>;
  /** Answers when it is known how lately each local file was used; requests need not wait for it. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const KEY = /^[0-9a-f]{64}$/;
/** Whoever finds nothing has it made, and looks once more before that. */
const MISS_MS = 2_000;
const MOST_MISSES = 10_000;

/**
 * Pictures that were made on request: those used lately on the disk of each machine, all of them in the bucket. A machine
 * that has none of a picture fetches it once for all who ask meanwhile.
 */
export function createSharedDerivativeCache(options: SharedDerivativeCacheOptions): SharedDerivativeCache {
  const { local, pictures, marks, clock } = options;
  const makings = new DerivativeMakings();
  const fetches = new Map<string, Promise<Derivative | undefined>>();
  const misses = new Map<string, number>();

  async function fetchOnce(key: string, owner: DerivativeOwner): Promise<Derivative | undefined> {
    if ((misses.get(key) ?? 0) > clock.now()) return undefined;
    const known = fetches.get(key);
    if (known) return known;
    const fetching = fetchPicture(key, owner).finally(() => fetches.delete(key));
    fetches.set(key, fetching);
    const found = await fetching;
    if (!found) noteMiss(key);
    return found;
  }

  function noteMiss(key: string): void {
    misses.delete(key);
    misses.set(key, clock.now() + MISS_MS);
    const [oldest] = misses.keys();
    if (misses.size > MOST_MISSES && oldest !== undefined) misses.delete(oldest);
  }

  /** As if it were made here: a purge in the meantime makes it void. */
  async function fetchPicture(key: string, owner: DerivativeOwner): Promise<Derivative | undefined> {
    const making = local.begin(owner);
    const folder = await options.scratch();
    try {
      const path = join(folder.path, 'picture');
      const facts = await pictures.fetch(owner, key, path);
      if (!facts) return undefined;
      return await making.keep(key, { path, facts }).catch(() => holdInMemory(path, facts));
    } finally {
      making.end();
      await folder.release();
    }
  }

  function begin(owner: DerivativeOwner): Making {
    const making = local.begin(owner);
    const sharing = makings.begin(keyNameOf(owner));
    return {
      keep: (key, file) =>
        sharing.during(async (isVoid) => {
          const kept = isVoid() ? undefined : await making.keep(key, file);
          if (!kept) return undefined;
          // What the others do not get they make themselves.
          await pictures.put(owner, key, kept).catch(() => {});
          misses.delete(key);
          return isVoid() ? undefined : kept;
        }),
      end() {
        making.end();
        sharing.end();
      },
    };
  }

  async function purgeImage(owner: DerivativeOwner): Promise<void> {
    const waiting = makings.makeVoid(keyNameOf(owner));
    await local.purgeImage(owner);
    await waiting;
    // Once more, for what was fetched or shared while this went on.
    await local.purgeImage(owner);
    // The mark comes first: whoever dies in between does it all again.
    const names = await pictures.namesOf(owner);
    if (names.length === 0) return;
    await marks.add(owner);
    await pictures.delete(names);
  }

  async function listen(): Promise<void> {
    const purged = await marks.since();
    for (const owner of purged ?? []) await local.purgeImage(owner);
  }

  return {
    async get(key, owner) {
      const found = await local.get(key);
      return found || !owner || !KEY.test(key) ? found : fetchOnce(key, owner);
    },
    begin,
    purgeImage,
    stats: () => local.stats(),

    async open() {
      const purged = await marks.since();
      if (!purged) await options.empty();
      await local.open();
      for (const owner of purged ?? []) await local.purgeImage(owner);
    },
    listen,

    async expire(olderThan) {
      await marks.tidy();
      return pictures.deleteBefore(clock.now() - olderThan);
    },
    settled: () => local.settled(),
    close: () => local.close(),
  };
}
