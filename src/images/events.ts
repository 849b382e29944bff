import type { Source, Status } from './image.ts';

/**
 * What happened to an image. An event carries no personal data: no file name, no metadata, no tags, so that
 * it may outlive the image.
 */
export const EVENT_TYPES = [
  'image.awaiting_upload',
  'image.received',
  'image.processing',
  'image.ready',
  'image.variant_added',
  'image.reprocess_asked',
  'image.rejected',
  'image.failed',
  'image.expired',
  'image.erased',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export const EVENT_LANES = ['interactive', 'background'] as const;
export type EventLane = (typeof EVENT_LANES)[number];

/** Somebody waits for what came by these ways; the others come in heaps and must not hold anybody up. */
export const laneBySource = {
  direct: 'interactive',
  signed_upload: 'interactive',
  resumable: 'interactive',
  folder: 'background',
  batch: 'background',
  kafka: 'background',
  bucket: 'background',
} as const satisfies Record<Source, EventLane>;

export interface NewImageEvent {
  readonly type: EventType;
  readonly tenantId: string;
  readonly imageId: string;
  readonly status: Status;
  /** the run that is to be made or was made */
  readonly generation?: number;
  readonly errorCode?: string;
  /** in which lane the run that is asked for waits; interactive where it does not say */
  readonly lane?: EventLane;
  /** milliseconds */
  readonly at: number;
}

export interface ImageEvent extends NewImageEvent {
  /** grows with time within a tenant; what `Last-Event-ID` names */
  readonly id: string;
}
