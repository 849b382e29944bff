import { describe, expect, it } from 'vitest';
import { checksumFrom, uploadRequest } from './resumable-headers.ts';

const invalid = expect.objectContaining({ code: 'invalid_request' });

describe('Upload-Metadata', () => {
  it.each([
    ['nothing', {}, { filename: '', size: 9 }],
    ['a name', { filename: 'été 📷.jpg' }, { filename: 'été 📷.jpg', size: 9 }],
    [
      'a type, which is only a hint',
      { filetype: 'image/svg+xml' },
      { filename: '', size: 9, content_type: 'image/svg+xml' },
    ],
    ['a pipeline', { pipeline: 'small' }, { filename: '', size: 9, pipeline: 'small' }],
    [
      'tags as JSON',
      { tags: '{"team":"web","n":"1"}' },
      { filename: '', size: 9, tags: { team: 'web', n: '1' } },
    ],
    [
      'tags as a list',
      { tags: 'team=web, n=1=2,empty=' },
      { filename: '', size: 9, tags: { team: 'web', n: '1=2', empty: '' } },
    ],
    ['keys without a value', { filename: null, pipeline: null, tags: null }, { filename: '', size: 9 }],
    [
      'keys that mean nothing here',
      { status: 'ready', tenant_id: 'x', is_confidential: null },
      { filename: '', size: 9 },
    ],
  ])('%s', (_, metadata, request) => {
    expect(uploadRequest(metadata, 9)).toEqual(request);
  });

  it.each([
    ['broken JSON', { tags: '{"team":' }],
    ['tags that are no text', { tags: '{"team":{"a":1}}' }],
    ['tags without a value', { tags: 'team' }],
    ['tags without a key', { tags: '=web' }],
    ['tag keys with control characters', { tags: 'a\r\nb=1' }],
    ['too many tags', { tags: Array.from({ length: 51 }, (_, n) => `k${n}=v`).join(',') }],
    ['a type of a megabyte', { filetype: 'x'.repeat(1_000_000) }],
  ])('refused: %s', (_, metadata) => {
    expect(() => uploadRequest(metadata, 9)).toThrow(invalid);
  });

  it.each([['{"__proto__":{"admin":"1"}}'], ['__proto__=1'], ['constructor=1']])(
    'tags named after prototypes change nothing: %s',
    (tags) => {
      try {
        const request = uploadRequest({ tags }, 9);
        expect(Object.getPrototypeOf(request.tags)).toBe(Object.prototype);
      } catch (error) {
        expect(error).toEqual(invalid);
      }
      expect({}).not.toHaveProperty('admin');
    },
  );
});

describe('Upload-Checksum', () => {
  it.each([
    ['sha1', 'sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=', 20],
    ['md5', 'md5 XrY7u+Ae7tCTyyK7j1rNww==', 16],
    ['sha256', 'sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=', 32],
  ])('%s', (algorithm, header, length) => {
    const checksum = checksumFrom(header);
    expect(checksum?.algorithm).toBe(algorithm);
    expect(checksum?.digest).toHaveLength(length);
  });

  it('is not needed', () => expect(checksumFrom(null)).toBeUndefined());

  it.each([
    [''],
    ['sha1'],
    ['sha1 '],
    ['sha512 AAAA'],
    ['SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
    ['sha1 Kq5sNclPz7QV2-lfQIuc6R7oRu0='],
    ['sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0'],
    ['sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu1='],
    ['sha1 XrY7u+Ae7tCTyyK7j1rNww=='],
    ['sha1  Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
    ['__proto__ AAAA'],
  ])('refused: "%s"', (header) => {
    expect(() => checksumFrom(header)).toThrow(invalid);
  });
});
