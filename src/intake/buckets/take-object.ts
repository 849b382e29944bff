import { createHash } from 'node:crypto';
import { type Failure, isFailure, toFailure } from '../../failures.ts';
import type { Intake } from '../intake.ts';
import { type BucketRule, RULE_TAG, ruleFor } from './bucket-rules.ts';
import { compareSequencers, type ObjectCreated } from './object-events.ts';

/** Objects in buckets of others. */
export interface DroppedObjects {
  /**
   * Just the object that the event tells of; undefined where it is gone, or another one is in its place.
   * @throws Failure `storage_unavailable`, also while `body` is read
   */
  open(
    object: ObjectCreated,
    signal: AbortSignal,
  ): Promise<{ readonly size: number; readonly body: AsyncIterable<Uint8Array> } | undefined>;
  /** Deletes just that object; one that was put in its place meanwhile stays. */
  remove(object: ObjectCreated): Promise<void>;
}

export interface ObjectTakingDeps {
  readonly intake: Pick<Intake, 'receive' | 'completePartial'>;
  readonly rules: readonly BucketRule[];
  readonly dropped: DroppedObjects;
  /** Whose place it is, of those that were given out for uploads; undefined for any other object. */
  readonly placeOf: (object: ObjectCreated) => { tenantId: string; imageId: string } | undefined;
}

/** What became of an object. */
export type ObjectOutcome =
  | { readonly what: 'taken' | 'repeated'; readonly imageId: string }
  /** nobody's, gone, or replaced: another event tells of what is there now */
  | { readonly what: 'passed over'; readonly why: 'no rule' | 'gone or replaced' | 'outdated' }
  /** the sender's doing, which no second try changes */
  | { readonly what: 'refused'; readonly failure: Failure };

/** Of so many keys it is remembered which event was the latest. */
const MOST_REMEMBERED = 10_000;

/** Makes images of objects. Any event may come twice, and after a later one. */
export function createObjectTaking(deps: ObjectTakingDeps) {
  const { intake, rules, dropped, placeOf } = deps;
  const latest = new Map<string, string>();

  function isOutdated({ bucket, key, versionId, sequencer }: ObjectCreated): boolean {
    // Where versions are kept, each is an object of its own.
    if (sequencer === undefined || versionId !== undefined) return false;
    const name = `${bucket}/${key}`;
    const known = latest.get(name);
    if (known !== undefined && compareSequencers(sequencer, known) < 0) return true;
    latest.delete(name);
    latest.set(name, sequencer);
    const [oldest] = latest.keys();
    if (latest.size > MOST_REMEMBERED && oldest !== undefined) latest.delete(oldest);
    return false;
  }

  async function takeDropped(object: ObjectCreated, signal: AbortSignal): Promise<ObjectOutcome> {
    const rule = ruleFor(rules, object);
    // A key that ends in a slash is what consoles make of a folder.
    if (!rule || object.key.endsWith('/')) return { what: 'passed over', why: 'no rule' };
    if (isOutdated(object)) return { what: 'passed over', why: 'outdated' };
    const opened = await dropped.open(object, signal);
    if (!opened) return { what: 'passed over', why: 'gone or replaced' };
    const { stored, created } = await intake.receive({
      ...{ ...opened, signal, source: 'bucket' },
      ...{ tenantId: rule.tenant, userId: rule.user, filename: nameOf(object) },
      tags: { ...rule.tags, ...(rule.processed && { [RULE_TAG]: rule.name }) },
      ...(rule.pipeline !== undefined && { pipeline: rule.pipeline }),
      idempotencyKey: identityOf(object),
    });
    if (rule.delete) await dropped.remove(object);
    return { what: created ? 'taken' : 'repeated', imageId: stored.record.image_id };
  }

  /**
   * @throws Failure what may pass: a store that is away, a full account
   */
  return async function take(object: ObjectCreated, signal: AbortSignal): Promise<ObjectOutcome> {
    try {
      const place = placeOf(object);
      if (!place) return await takeDropped(object, signal);
      const { created } = await intake.completePartial(place.tenantId, place.imageId);
      return { what: created ? 'taken' : 'repeated', imageId: place.imageId };
    } catch (error) {
      const failure = isFailure(error) ? error : toFailure(error);
      // A body that broke off is a connection that did: the object itself is whole.
      const mayPass = failure.reaction.onQueue === 'retry' || failure.code === 'upload_interrupted';
      if (mayPass) throw failure;
      return { what: 'refused', failure };
    }
  };
}

/** The last part of the key, as the sender named the file. */
function nameOf({ key }: ObjectCreated): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** The same event, however often it comes, and no other. */
function identityOf({ bucket, key, versionId = '', etag = '', sequencer = '' }: ObjectCreated): string {
  const facts = [bucket, key, versionId, etag, sequencer];
  return `bucket:${createHash('sha256').update(JSON.stringify(facts)).digest('hex')}`;
}
