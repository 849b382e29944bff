import { describe, expect, it } from 'vitest';
import {
  address,
  baseUrl,
  bucketName,
  bytes,
  choice,
  count,
  duration,
  flag,
  folder,
  keyPrefix,
  networks,
  rateFactor,
  secret,
  showAddress,
  tableName,
} from './config-kinds.ts';

describe('addresses', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
    ['[::]:80', { host: '::', port: 80 }],
    ['localhost:3000', { host: 'localhost', port: 3000 }],
    ['photos.example.com:65535', { host: 'photos.example.com', port: 65535 }],
  ])('%s', (text, value) => {
    expect(address.parse(text, '/')).toEqual(value);
    expect(showAddress(value)).toBe(text);
  });

  it.each([
    '8080',
    ':8080',
    '127.0.0.1',
    '127.0.0.1:65536',
    '127.0.0.1:-1',
    '999.0.0.1:80',
    '::1:80',
    '[:::1]:80',
    'http://a:80',
    'a b:80',
    '*:80',
  ])('%s is none', (text) => {
    expect(address.parse(text, '/')).toBeUndefined();
  });
});

describe('URLs', () => {
  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://photos.example.com/', 'https://photos.example.com'],
    ['https://example.com/photos/', 'https://example.com/photos'],
  ])('%s becomes %s', (text, value) => {
    expect(baseUrl.parse(text, '/')).toBe(value);
  });

  it.each([
    'example.com',
    'ftp://example.com',
    'http://',
    'http://u:p@example.com',
    'http://a/?',
    'http://a/#x',
  ])('%s is none', (text) => {
    expect(baseUrl.parse(text, '/')).toBeUndefined();
  });
});

describe('buckets and prefixes', () => {
  it.each(['abc', 'my-photos', 'photos.example.com', '0a9', 'a'.repeat(63)])('%s is a bucket', (text) => {
    expect(bucketName.parse(text, '/')).toBe(text);
  });

  it.each(['ab', 'Photos', 'a_b', '-abc', 'abc-', 'a..b', '10.0.0.1', 'a/b', 'a'.repeat(64)])(
    '%s is none',
    (text) => {
      expect(bucketName.parse(text, '/')).toBeUndefined();
    },
  );

  it.each(['abc', 'darkroom', 'A-z_0.9'])('%s is the name of a table', (text) => {
    expect(tableName.parse(text, '/')).toBe(text);
  });

  it.each(['', 'ab', 'a b', 'a/b', 'é12', 'a'.repeat(256)])('%s names no table', (text) => {
    expect(tableName.parse(text, '/')).toBeUndefined();
  });

  it.each(['a/', 'darkroom/prod/', '.hidden/', 'A-Z_0.9/'])('%s is a prefix', (text) => {
    expect(keyPrefix.parse(text, '/')).toBe(text);
  });

  it.each(['a', '/', '/a/', 'a//', '../', 'a/./', 'a b/', 'é/', `${'a'.repeat(200)}/`])(
    '%s is none',
    (text) => {
      expect(keyPrefix.parse(text, '/')).toBeUndefined();
    },
  );
});

describe('factors and networks', () => {
  it.each([
    ['off', 0],
    ['1', 1],
    ['0.5', 0.5],
    ['1000', 1000],
    ['0', undefined],
    ['-1', undefined],
    ['1001', undefined],
    ['on', undefined],
  ])('a factor of %s is %s', (text, value) => {
    expect(rateFactor.parse(text, '/')).toBe(value);
  });

  it.each([
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.1, fd00::/8', ['10.0.0.1', 'fd00::/8']],
    ['10.0.0.0/33', undefined],
    ['::1/129', undefined],
    ['proxy.example', undefined],
    ['10.0.0.1,', undefined],
  ])('networks of %s are %j', (text, value) => {
    expect(networks.parse(text, '/')).toEqual(value);
  });
});

describe('bounds count as inside', () => {
  const cases = [
    { kind: duration('1s', '1m'), inside: ['1s', '60s', '1m'], outside: ['999ms', '61s', 'soon'] },
    { kind: bytes('1KiB', '1MiB'), inside: ['1024', '1MiB'], outside: ['1023', '1048577', '1'] },
    { kind: count(1, 8), inside: ['1', '8'], outside: ['0', '9', '1.5', 'two', '1e0', ''] },
  ];
  it.each(cases)('$kind.unit', ({ kind, inside, outside }) => {
    for (const text of inside) expect(kind.parse(text, '/'), text).toBeTypeOf('number');
    for (const text of outside) expect(kind.parse(text, '/'), text).toBeUndefined();
  });
});

it('choices, flags, folders and secrets', () => {
  expect(choice('warn', 'info').parse('info', '/')).toBe('info');
  expect(choice('warn', 'info').parse('INFO', '/')).toBeUndefined();
  expect(['true', '1', 'false', '0', 'yes'].map((text) => flag.parse(text, '/'))).toEqual([
    true,
    true,
    false,
    false,
    undefined,
  ]);
  expect(folder.parse('data', '/srv')).toBe('/srv/data');
  expect(folder.parse('/data/', '/srv')).toBe('/data');
  expect(folder.parse('da\0ta', '/srv')).toBeUndefined();
  expect(secret.parse('correct-horse', '/')).toBe('correct-horse');
  // An access token does as well as an API key; headers take no more.
  expect(secret.parse(`ey${'J'.repeat(8190)}`, '/')).toHaveLength(8192);
  expect(secret.parse('J'.repeat(8193), '/')).toBeUndefined();
  expect(secret.parse('short', '/')).toBeUndefined();
  expect(secret.parse('with a space', '/')).toBeUndefined();
  expect(secret.show('correct-horse')).not.toContain('correct');
});
