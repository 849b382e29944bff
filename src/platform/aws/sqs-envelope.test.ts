import { expect, it } from 'vitest';
import { someWork } from '../../pipeline/queue.contract.ts';
import { type Envelope, openEnvelope, writeEnvelope } from './sqs-envelope.ts';

const envelope: Envelope = {
  ...{ v: 1, id: 'm1', dedupe_id: 'd1', sent_at: 1_000, receives: 0 },
  work: someWork('a'),
};

/** As the release wrote it that brought these queues. It must be read for as long as one of that release may run. */
const FIRST_RELEASE =
  '{"v":1,"id":"m1","dedupe_id":"d1","sent_at":1000,"receives":0,"work":{"v":1,"kind":"run","tenant_id":"ours","image_id":"a","generation":1}}';

it('what is written is read', () => {
  expect(openEnvelope(writeEnvelope(envelope))).toEqual({ kind: 'message', envelope });
});

it('what the release before wrote is read', () => {
  expect(openEnvelope(FIRST_RELEASE)).toEqual({ kind: 'message', envelope });
});

it('fields that a later release has added do not matter', () => {
  const later = { ...envelope, colour: 'red', work: { ...envelope.work, shape: 'round' } };
  expect(openEnvelope(JSON.stringify(later))).toEqual({ kind: 'message', envelope });
});

it.each<[string, object]>([
  ['of another envelope', { ...envelope, v: 2 }],
  ['of other work', { ...envelope, work: { v: 2, kind: 'dance' } }],
])('what a later release wrote is left to it: %s', (_, later) => {
  expect(openEnvelope(JSON.stringify(later))).toEqual({ kind: 'newer' });
});

it.each([
  '',
  'hello',
  'null',
  '{}',
  '[]',
  '{"v":1}',
  '{"v":"2"}',
  JSON.stringify({ ...envelope, work: null }),
])('anything else cannot be read: %s', (body) => expect(openEnvelope(body).kind).toBe('unreadable'));
