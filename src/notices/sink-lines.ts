import type { ImageEvent } from '../images/events.ts';

/**
 * A line of events for each sink: a place outside (a Kafka topic, webhooks, SNS) that is told of what happens, at its
 * own pace. The relay puts each event at the end of all lines before it marks the event as handed on; whoever serves
 * a sink takes from the front of its own. So a sink that is away for a day holds up nothing and misses nothing.
 *
 * Events are kept as they are: they carry no personal data, and the event log may forget its copy earlier.
 */
export interface SinkLines {
  /**
   * Adds events to each of these lines. Adding one that waits already changes nothing.
   * A power cut may undo it, but then it also undoes the mark in the event log that is set afterwards.
   */
  add(sinks: readonly string[], events: readonly ImageEvent[]): Promise<void>;
  /** What waits in a line, by event id: the order in which it happened to each image. */
  waiting(sink: string, limit: number): Promise<ImageEvent[]>;
  /** These events have been delivered there; unknown ones are no error. */
  done(sink: string, ids: readonly string[]): Promise<void>;
  /** How many wait, and since when the oldest does (milliseconds, the event's own time). */
  depth(sink: string): Promise<{ waiting: number; oldestAt?: number }>;
}
