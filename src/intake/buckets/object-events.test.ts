import { describe, expect, it } from 'vitest';
import { nastyNames } from '../../../test/hostile/nasty-names.ts';
import { compareSequencers, type ObjectCreated, readObjectNews } from './object-events.ts';

const BUCKET = 'photos-in';

/** As S3 writes it to a queue. */
function notification(key: string, { eventName = 'ObjectCreated:Put', eventVersion = '2.6', ...more } = {}) {
  const object = { key, size: 7, eTag: 'e1', sequencer: '0055', ...more };
  const s3 = { s3SchemaVersion: '1.0', configurationId: 'c', bucket: { name: BUCKET }, object };
  return JSON.stringify({ Records: [{ eventVersion, eventSource: 'aws:s3', eventName, s3 }] });
}

function eventBridge(key: string, type = 'Object Created', reason = 'PutObject') {
  const object = { key, size: 7, etag: 'e1', 'version-id': 'v1', sequencer: '0055' };
  const detail = { version: '0', bucket: { name: BUCKET }, object, reason };
  return JSON.stringify({ version: '0', 'detail-type': type, source: 'aws.s3', detail });
}

function keysIn(body: string): string[] {
  const news = readObjectNews(body);
  return news.kind === 'created' ? news.objects.map(({ key }) => key) : [];
}

/** What S3 makes of a key: that of a form, with the slashes left. */
function encoded(key: string): string {
  return new URLSearchParams([['', key]]).toString().slice(1).replaceAll('%2F', '/');
}

describe('a notification of S3', () => {
  it('tells which object was created', () => {
    const object: ObjectCreated = { bucket: BUCKET, key: 'a.jpg', size: 7, etag: 'e1', sequencer: '0055' };
    expect(readObjectNews(notification('a.jpg'))).toEqual({ kind: 'created', objects: [object] });
  });

  it.each([
    ['a blank', 'a+b.jpg', 'a b.jpg'],
    ['a plus', 'a%2Bb.jpg', 'a+b.jpg'],
    ['a plus in percent, as its name', 'a%252Bb.jpg', 'a%2Bb.jpg'],
    ['parent folders', '../x.jpg', '../x.jpg'],
    ['parent folders, encoded in the name itself', '%252e%252e/x.jpg', '%2e%2e/x.jpg'],
    ['emoji', '%F0%9F%93%B7/%C3%A9t%C3%A9.jpg', '📷/été.jpg'],
    ['a slash in percent, as some servers have it', 'photos%2Fa.jpg', 'photos/a.jpg'],
    ['a percent sign', '100%25.jpg', '100%.jpg'],
    ['a percent sign of a server that does not encode', '100%.jpg', '100%.jpg'],
    ['a blank of a server that does not encode', 'a b+c.jpg', 'a b+c.jpg'],
    ['1024 bytes', 'k'.repeat(1024), 'k'.repeat(1024)],
    ['an equals sign and an ampersand', 'a%3Db%26c', 'a=b&c'],
  ])('decodes keys once: %s', (_, written, key) => {
    expect(keysIn(notification(written))).toEqual([key]);
  });

  it.each(Object.entries(nastyNames))('tells keys from each other, whatever they hold: %s', (_, name) => {
    // S3 takes 1024 bytes.
    const key = name.toWellFormed().slice(0, 340);
    expect(keysIn(notification(encoded(key)))).toEqual([key]);
  });

  it.each(['Put', 'Post', 'Copy', 'CompleteMultipartUpload'])('is of creation: %s', (how) => {
    expect(keysIn(notification('a', { eventName: `ObjectCreated:${how}` }))).toEqual(['a']);
    expect(keysIn(notification('a', { eventName: `s3:ObjectCreated:${how}` }))).toEqual(['a']);
  });

  it.each(['ObjectRemoved:Delete', 'ObjectTagging:Put', 'LifecycleExpiration:Delete', 'ObjectRestore:Post'])(
    'is nothing to us: %s',
    (eventName) => expect(readObjectNews(notification('a', { eventName }))).toEqual({ kind: 'nothing' }),
  );

  it('may hold several', () => {
    const records = ['a', 'b'].map((key) => JSON.parse(notification(key)).Records[0]);
    expect(keysIn(JSON.stringify({ Records: records }))).toEqual(['a', 'b']);
  });

  it('may come by SNS', () => {
    const wrapped = JSON.stringify({ Type: 'Notification', MessageId: 'm', Message: notification('a+b') });
    expect(keysIn(wrapped)).toEqual(['a b']);
  });

  it.each(['2.0', '2.1', '2.6', '2.99'])('is read in version %s', (eventVersion) => {
    expect(keysIn(notification('a', { eventVersion }))).toEqual(['a']);
  });

  it('of another version is strange', () => {
    expect(readObjectNews(notification('a', { eventVersion: '3.0' })).kind).toBe('strange');
  });
});

describe('an event of EventBridge', () => {
  it('tells which object was created', () => {
    expect(readObjectNews(eventBridge('a.jpg'))).toEqual({
      kind: 'created',
      objects: [{ bucket: BUCKET, key: 'a.jpg', size: 7, etag: 'e1', versionId: 'v1', sequencer: '0055' }],
    });
  });

  it.each(['a b', 'a+b', 'a%2Bb', 'a%252Bb', '../x', '📷.jpg', '100%', '%'])(
    'has keys that are not encoded: %s',
    (key) => expect(keysIn(eventBridge(key))).toEqual([key]),
  );

  it.each(['PutObject', 'POST Object', 'CopyObject', 'CompleteMultipartUpload'])(
    'is of creation: %s',
    (how) => expect(keysIn(eventBridge('a', 'Object Created', how))).toEqual(['a']),
  );

  it.each(['Object Deleted', 'Object Tags Added', 'Object Restore Completed'])(
    'is nothing to us: %s',
    (type) => expect(readObjectNews(eventBridge('a', type))).toEqual({ kind: 'nothing' }),
  );
});

it('the greeting of S3 is nothing', () => {
  const greeting = {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-01-01T00:00:00Z',
    Bucket: BUCKET,
  };
  expect(readObjectNews(JSON.stringify(greeting))).toEqual({ kind: 'nothing' });
});

it.each([
  '',
  'hello',
  'null',
  '[]',
  '{}',
  '"text"',
  '{"Records":[]}',
  '{"Records":"x"}',
  '{"Records":[{"eventVersion":"2.1","eventName":"ObjectCreated:Put"}]}',
  '{"Records":[{"eventVersion":"2.1","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":""}}}]}',
  '{"source":"aws.ec2","detail-type":"Object Created","detail":{}}',
  '{"Type":"Notification","Message":"hello"}',
])('anything else is strange, and no error: %s', (body) => {
  expect(readObjectNews(body).kind).toBe('strange');
});

it.each([
  ['0055', '0056', -1],
  ['0056', '0055', 1],
  ['55', '0055', 0],
  ['FF', '100', -1],
  ['ff', 'FF', 0],
  ['9', '10', -1],
  ['005F3A', '5F39', 1],
  ['', '', 0],
])('sequencers are numbers of any length: %s and %s', (one, other, expected) => {
  expect(Math.sign(compareSequencers(one, other))).toBe(expected);
});
