import type { Status } from './image.ts';

/**
 * Which status may follow which. Everything not listed is refused by {@link assertTransition}.
 *
 * - `processing -> processing` is a retry; `ready -> ready` adds a variant or publishes a new generation.
 * - `rejected -> received` and `failed -> received` are a person asking for another run.
 * - `expired` and `erased` are the end: what is left is a tombstone without personal data.
 */
export const transitions: Readonly<Record<Status, readonly Status[]>> = {
  awaiting_upload: ['received', 'rejected', 'expired', 'erased'],
  received: ['processing', 'rejected', 'failed', 'expired', 'erased'],
  processing: ['processing', 'ready', 'rejected', 'failed', 'expired', 'erased'],
  ready: ['ready', 'expired', 'erased'],
  rejected: ['received', 'expired', 'erased'],
  failed: ['received', 'expired', 'erased'],
  expired: [],
  erased: [],
};

export function canBecome(from: Status, to: Status): boolean {
  return transitions[from].includes(to);
}

/** Throws where the table does not allow the step: a fault of ours, never of a caller. */
export function assertTransition(from: Status, to: Status): void {
  if (!canBecome(from, to)) throw new Error(`an image that is ${from} cannot become ${to}`);
}

/** Nothing more will happen to the image by itself. */
export function isSettled(status: Status): boolean {
  return status === 'ready' || status === 'rejected' || status === 'failed' || isGone(status);
}

/** The image is a tombstone: invisible to every reader. */
export function isGone(status: Status): boolean {
  return status === 'expired' || status === 'erased';
}
