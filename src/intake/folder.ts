import { type FSWatcher, watch } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { makeFolders } from '../make-folders.ts';
import { createLookout, type Lookout } from './folder-lookout.ts';
import { type Aside, type DroppedFile, droppedFiles } from './folder-scan.ts';
import { takeFile } from './folder-take.ts';
import type { Intake } from './intake.ts';

export interface FolderDeps {
  readonly intake: Pick<Intake, 'receive'>;
  /** a file that is dropped here, or in a subfolder, becomes an image; made where it is missing */
  readonly inbox: string;
  /** whose images they are */
  readonly tenantId: string;
  readonly userId: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** milliseconds for which a file must not have changed; 1 s by default */
  readonly settleMs?: number;
  /** milliseconds between two looks; 1 s by default */
  readonly scanMs?: number;
}

/**
 * Takes files from a folder for as long as it runs. Looking again and again is what finds every file, on any file
 * system; notifications of the system only make the first look come sooner.
 */
export function watchFolder(deps: FolderDeps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = run(deps, stopping.signal);
  return {
    /** Gives up a file that is being read: it is taken after the next start. */
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(deps: FolderDeps, signal: AbortSignal): Promise<void> {
  const { settleMs = 1_000, scanMs = 1_000 } = deps;
  const lookout = createLookout({ settleMs });
  const remarks = createRemarks(deps.log);
  const alarm = createAlarm(signal);
  let watcher: FSWatcher | undefined;
  let isReadable = true;
  while (!signal.aborted) {
    try {
      await makeFolders(resolve(deps.inbox));
      watcher ??= watched(deps.inbox, alarm.ring);
      await look(deps, lookout, remarks, signal);
      isReadable = true;
    } catch (error) {
      // Once, and not at every look for as long as a disk is away.
      if (isReadable) deps.log.warn({ err: error, inbox: deps.inbox }, 'the inbox cannot be read');
      isReadable = false;
    }
    await alarm.wait(Math.min(scanMs, lookout.msToNext(performance.now())));
  }
  watcher?.close();
}

/** One look at all that is there. */
async function look(
  deps: FolderDeps,
  lookout: Lookout,
  remarks: Remarks,
  signal: AbortSignal,
): Promise<void> {
  for await (const file of droppedFiles(deps.inbox, remarks)) {
    if (signal.aborted) return;
    if (lookout.sees(file, performance.now())) await take(deps, lookout, file, signal);
  }
  lookout.endOfLook();
  remarks.endOfLook();
}

/** Says of each thing that is passed over once that it is, for as long as it lies there. */
interface Remarks extends Aside {
  endOfLook(): void;
}

function createRemarks(log: FolderDeps['log']): Remarks {
  let known = new Set<string>();
  let seen = new Set<string>();
  return {
    unreadable: (place, error) => log.warn({ err: error, place }, 'this part of the inbox cannot be read'),
    passedOver(place, why) {
      if (!known.has(place) && !seen.has(place))
        log.info({ place, why }, 'a file in the inbox is passed over');
      seen.add(place);
    },
    endOfLook() {
      known = seen;
      seen = new Set();
    },
  };
}

async function take(
  deps: FolderDeps,
  lookout: Lookout,
  file: DroppedFile,
  signal: AbortSignal,
): Promise<void> {
  const { log, intake, inbox, tenantId, userId } = deps;
  const { place } = file;
  try {
    const taken = await takeFile({ intake, inbox, tenantId, userId, signal }, file);
    if (taken.outcome === 'rejected') {
      log.info({ place, code: taken.failure.code }, 'a dropped file was refused');
      return;
    }
    log.info({ place, image_id: taken.imageId }, 'a dropped file was taken');
    if (taken.stays === undefined) return;
    log.warn({ err: taken.stays, place }, 'a file was taken, but cannot be removed from the inbox');
    lookout.leave(file);
  } catch (error) {
    if (signal.aborted) return;
    log.warn({ err: error, place }, 'a dropped file cannot be taken now');
    lookout.postpone(file, performance.now());
  }
}

/** Only the folder itself: watching a tree costs a handle for each folder, and looking finds the rest. */
function watched(folder: string, ring: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, ring);
    return watcher.on('error', () => watcher.close());
  } catch {
    // The system has no handles left, or the file system no notifications.
    return undefined;
  }
}

/** A file that is being written rings at every write; that is not worth a look each. */
const SHORTEST_PAUSE_MS = 50;

function createAlarm(signal: AbortSignal): { ring(): void; wait(ms: number): Promise<void> } {
  let bell = new AbortController();
  return {
    ring: () => bell.abort(),
    async wait(ms) {
      await sleep(Math.min(ms, SHORTEST_PAUSE_MS), signal);
      await sleep(ms - SHORTEST_PAUSE_MS, AbortSignal.any([signal, bell.signal]));
      bell = new AbortController();
    },
  };
}

/** Ends early, and not with an error, where the signal says so. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await setTimeout(ms, undefined, { signal }).catch(() => {});
}
