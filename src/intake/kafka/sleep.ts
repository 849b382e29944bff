import { setTimeout } from 'node:timers/promises';

/** Ends early, and not with an error, where the signal says so. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {});
}
