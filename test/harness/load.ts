import { setTimeout as sleep } from 'node:timers/promises';
import { brokenCopy, namedCopy, type Photo } from './photos.ts';
import { pick } from './random.ts';
import type { TestServer } from './server.ts';
import { dropInto, Refused, type WayName, waysIn } from './uploads.ts';

/** What the client knows: its own log is the oracle. */
export interface History {
  /** uploads that the server acknowledged */
  readonly acknowledged: Acknowledged[];
  /** files that lay complete in the inbox */
  readonly dropped: Photo[];
  /** of all uploads that were begun, also those whose end is not known */
  readonly attempted: Set<string>;
  /** good pictures that the server said no to */
  readonly refused: string[];
}

export interface Acknowledged {
  readonly way: WayName;
  readonly imageId: string;
  readonly sha256: string;
  readonly isBroken: boolean;
}

export interface LoadOptions {
  readonly jpeg: Buffer;
  /** a folder that the server watches; none: no drops */
  readonly inbox?: string;
  /** uploads at a time */
  readonly workers: number;
  /** milliseconds that a worker rests between two uploads, at most */
  readonly restMs: number;
  readonly random: () => number;
}

export interface Load {
  readonly history: History;
  /** Begins no other upload. With `finish`, those under way are repeated until acknowledged; else they are dropped. */
  stop(options: { finish: boolean }): Promise<void>;
}

/** One upload in ten is a broken picture. */
const BROKEN_SHARE = 0.1;
const DROP_SHARE = 0.2;

class GivenUp extends Error {}

/** Uploads by every way in, without end, through crashes of the server. */
export function startLoad(server: TestServer, options: LoadOptions): Load {
  const history: History = { acknowledged: [], dropped: [], attempted: new Set(), refused: [] };
  const state = { stopped: false, givingUp: false, count: 0 };
  const attempts = {
    again: async () => {
      if (state.givingUp) throw new GivenUp();
      await sleep(20);
    },
  };

  async function uploadOne(): Promise<void> {
    const isBroken = options.random() < BROKEN_SHARE;
    state.count += 1;
    const name = `photo-${state.count}.jpg`;
    const photo = isBroken ? brokenCopy(options.jpeg, name) : namedCopy(options.jpeg, name);
    history.attempted.add(photo.sha256);
    if (options.inbox !== undefined && !isBroken && options.random() < DROP_SHARE) {
      await dropInto(options.inbox, photo);
      history.dropped.push(photo);
      return;
    }
    const way = pick(Object.keys(waysIn) as WayName[], options.random);
    const imageId = await waysIn[way](server, photo, attempts);
    history.acknowledged.push({ way, imageId, sha256: photo.sha256, isBroken });
  }

  async function work(): Promise<void> {
    while (!state.stopped) {
      try {
        await uploadOne();
      } catch (error) {
        if (error instanceof GivenUp) return;
        history.refused.push(error instanceof Refused ? error.message : String(error));
      }
      await sleep(options.random() * options.restMs);
    }
  }

  const workers = Array.from({ length: options.workers }, work);
  return {
    history,
    stop: async ({ finish }) => {
      state.stopped = true;
      state.givingUp = !finish;
      await Promise.all(workers);
    },
  };
}
