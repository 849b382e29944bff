import { setTimeout as sleep } from 'node:timers/promises';
import { namedCopy } from '../../harness/photos.ts';
import { type History, type Way, ways } from './history.ts';
import type { Send } from './senders.ts';

export interface LoadOptions {
  readonly history: History;
  readonly send: Readonly<Record<Way, Send>>;
  readonly jpeg: Buffer;
  /** acknowledged images that are wanted, of all ways together */
  readonly images: number;
  /** 0 to 1: how far the load may be by now, so that it lasts as long as the faults do */
  readonly pace: () => number;
}

/** Senders of each way at a time. */
const AT_ONCE = 2;

/**
 * All ways at once, until as many images as were wanted are acknowledged. A photograph that failed is not sent again by
 * another name: its bytes may have arrived.
 */
export async function sendAll({ history, send, jpeg, images, pace }: LoadOptions): Promise<void> {
  const taken: Record<Way, number> = { 'signed upload': 0, 'bucket drop': 0, kafka: 0 };
  let count = 0;

  async function sender(way: Way): Promise<void> {
    const wanted = Math.ceil(images / ways.length);
    while (taken[way] < wanted) {
      if (taken[way] > wanted * pace()) {
        await sleep(100);
        continue;
      }
      taken[way] += 1;
      count += 1;
      const photo = namedCopy(jpeg, `fault-${count}.jpg`);
      history.attempted.add(photo.sha256);
      try {
        await send[way](photo);
        history.acknowledged.set(photo.sha256, { way, photo });
      } catch (error) {
        taken[way] -= 1;
        if (way === 'kafka') await sleep(500);
        else history.wrong.push(`${way}: ${error}`);
      }
    }
  }

  await Promise.all(ways.flatMap((way) => Array.from({ length: AT_ONCE }, () => sender(way))));
}
