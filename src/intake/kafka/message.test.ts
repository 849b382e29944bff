import { describe, expect, it } from 'vitest';
import { codeOf } from '../ways-in.contract.ts';
import type { KafkaMessage } from './broker.ts';
import { readMessage } from './message.ts';

const BYTES = Buffer.from([0xff, 0xd8, 0xff]);

function message(value: Buffer | undefined, headers: Record<string, string> = {}): KafkaMessage {
  return {
    topic: 'photos',
    topicId: 'id',
    partition: 2,
    offset: 7n,
    timestamp: 0,
    key: undefined,
    value,
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
  };
}

const event = { specversion: '1.0', id: '1', source: '/camera', type: 'photo.taken' };
const binary = { ce_specversion: '1.0', ce_id: '1', ce_source: '/camera', ce_type: 'photo.taken' };
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const structured = (parts: object) =>
  message(json({ ...event, ...parts }), { 'content-type': 'application/cloudevents+json; charset=UTF-8' });

describe('a message', () => {
  it('is the bytes and what its headers say', () => {
    const headers = {
      filename: 'a b.jpg',
      'User-Id': 'u-1',
      tags: '{"team":"web"}',
      pipeline: 'thumbs',
      sha256: 'a'.repeat(64),
    };
    expect(readMessage(message(BYTES, headers))).toEqual({
      content: { bytes: BYTES },
      filename: 'a b.jpg',
      userId: 'u-1',
      tags: { team: 'web' },
      pipeline: 'thumbs',
      sha256: 'a'.repeat(64),
    });
  });

  it('is named for its place where it has no name', () => {
    expect(readMessage(message(BYTES, { filename: '' }))).toEqual({
      content: { bytes: BYTES },
      filename: 'photos-2-7',
    });
  });

  it('is a CloudEvent around the bytes: structured, or binary', () => {
    const expected = { content: { bytes: BYTES }, filename: 'gate/7.jpg' };
    const subject = 'gate/7.jpg';
    expect(readMessage(structured({ subject, data_base64: BYTES.toString('base64') }))).toEqual(expected);
    const headers = { ...binary, ce_subject: subject, 'content-type': 'image/jpeg' };
    expect(readMessage(message(BYTES, headers))).toEqual(expected);
  });

  it('is a CloudEvent that points to an object: structured, or binary', () => {
    const data = { url: 's3://drops/2026/a%20b.jpg', user_id: 'u-1', tags: { team: 'web' } };
    const expected = {
      content: { pointer: data.url },
      filename: 'a b.jpg',
      userId: 'u-1',
      tags: { team: 'web' },
    };
    expect(readMessage(structured({ datacontenttype: 'application/json', data }))).toEqual(expected);
    const headers = { ...binary, 'content-type': 'application/json' };
    expect(readMessage(message(json(data), headers))).toEqual(expected);
  });

  it.each<[string, KafkaMessage, string]>([
    ['a tombstone', message(undefined), 'empty_file'],
    ['tags that are no JSON', message(BYTES, { tags: 'team=web' }), 'invalid_request'],
    ['tags that are no object of strings', message(BYTES, { tags: '{"n":1}' }), 'invalid_request'],
    ['a person with a line break', message(BYTES, { 'user-id': 'a\nb' }), 'invalid_request'],
    ['a checksum that is none', message(BYTES, { sha256: 'abc' }), 'invalid_request'],
    ['headers without end', message(BYTES, { x: 'x'.repeat(70_000) }), 'invalid_request'],
    ['an event of another version', structured({ specversion: '0.3', data: {} }), 'invalid_request'],
    ['an event without an id', structured({ id: '', data: {} }), 'invalid_request'],
    ['an event without data', structured({}), 'invalid_request'],
    ['an event that points nowhere', structured({ data: { filename: 'a' } }), 'invalid_request'],
    ['an event with broken base64', structured({ data_base64: '!!' }), 'invalid_request'],
    [
      'a batch of events',
      message(json([event]), { 'content-type': 'application/cloudevents-batch+json' }),
      'invalid_request',
    ],
    [
      'an event in broken UTF-8',
      message(Buffer.from([0x7b, 0xff, 0x7d]), { 'content-type': 'application/cloudevents+json' }),
      'invalid_request',
    ],
    ['a binary event without a type', message(BYTES, { ...binary, ce_type: '' }), 'invalid_request'],
  ])('is refused where it is %s', async (_, wrong, code) => {
    expect(await codeOf((async () => readMessage(wrong))())).toBe(code);
  });
});
