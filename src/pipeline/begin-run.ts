import { Failure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import { type Change, changeImage } from './change-image.ts';
import type { Delivery, Work } from './queue.ts';
import { eventOf } from './worker-events.ts';
import type { WorkerDeps } from './worker-ports.ts';

type RunWork = Extract<Work, { kind: 'run' }>;

/** Marks the image as being worked on. Nothing where there is nothing to work on. */
export async function begin(
  deps: WorkerDeps,
  work: RunWork,
  delivery: Delivery,
): Promise<StoredImage | undefined> {
  const { catalog } = deps.platform;
  for (;;) {
    const stored = await catalog.read(work.tenant_id, work.image_id);
    if (!stored || stored.generation >= work.generation) return undefined;
    if ((stored.run?.generation ?? 0) > work.generation) return undefined;
    const step = beginnings[stored.record.status](stored, work, delivery, deps.clock.now());
    if (step === 'begun') return stored;
    if (step === 'nothing') return undefined;
    const changed = await changeImage(catalog, work, (now) =>
      now.version === stored.version ? step : undefined,
    );
    if (changed && step.events.length > 0) deps.wake?.();
    // Once more round: what is there now says whether the work has begun.
  }
}

type Beginning = (
  stored: StoredImage,
  work: RunWork,
  delivery: Delivery,
  at: number,
) => Change | 'begun' | 'nothing';

const nothing: Beginning = () => 'nothing';

const toProcessing: Beginning = (stored, { generation }, _delivery, at) => ({
  next: {
    ...stored,
    record: { ...stored.record, status: 'processing' },
    run: runOf(stored, generation),
  },
  events: [eventOf(stored, 'image.processing', generation, at)],
});

/** What each status makes of a message to run. */
const beginnings: Readonly<Record<StoredImage['record']['status'], Beginning>> = {
  awaiting_upload: () => {
    throw new Failure('image_not_ready', 'The bytes of the image are not here yet.');
  },
  received: toProcessing,
  processing: (stored, work, delivery, at) =>
    stored.run?.generation === work.generation ? 'begun' : toProcessing(stored, work, delivery, at),
  // Readers keep the published generation until the new one takes its place.
  ready: (stored, { generation }, delivery) => {
    if (stored.run?.generation !== generation) {
      return { next: { ...stored, run: runOf(stored, generation) }, events: [] };
    }
    const { failed, ...run } = stored.run;
    if (!failed) return 'begun';
    refuseBuried(stored, delivery);
    return { next: { ...stored, run: { ...run, crashes: 0 } }, events: [] };
  },
  rejected: nothing,
  failed: (stored, { generation }, delivery) => {
    refuseBuried(stored, delivery);
    const { error: _, ...record } = stored.record;
    return {
      next: { ...stored, record: { ...record, status: 'received' }, run: { generation, crashes: 0 } },
      events: [],
    };
  },
  expired: nothing,
  erased: nothing,
};

/**
 * A message that comes for the first time was taken out of the dead letters by a person. One that comes again was about
 * to be put there when its worker died.
 */
function refuseBuried({ record: { error } }: StoredImage, { receives }: Delivery): void {
  if (receives > 1 && error) throw new Buried(error);
}

/** The image has failed already with this error: its message belongs to the dead letters. */
export class Buried extends Error {
  override readonly name = 'Buried';
  readonly reason: { readonly code: string; readonly message: string };

  constructor(reason: { readonly code: string; readonly message: string }) {
    super(reason.message);
    this.reason = reason;
  }
}

function runOf({ run }: StoredImage, generation: number): NonNullable<StoredImage['run']> {
  return run?.generation === generation ? run : { generation, crashes: 0 };
}
