import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { masterKeys } from './config-master-keys.ts';
import { readSettings } from './read-settings.ts';

const A = Buffer.alloc(32, 7);
const B = Buffer.alloc(32, 0xfb);
const base64 = A.toString('base64');

describe('master keys', () => {
  it.each([
    { title: 'base64', text: base64, ids: [expect.stringMatching(/^[0-9a-f]{8}$/)] },
    { title: 'base64 without its end', text: base64.slice(0, 43), ids: [expect.any(String)] },
    { title: 'base64url', text: B.toString('base64url'), ids: [expect.any(String)] },
    { title: 'hexadecimal', text: A.toString('hex'), ids: [expect.any(String)] },
    { title: 'a name', text: `2025:${base64}`, ids: ['2025'] },
    { title: 'several', text: `new:${base64}, old:${B.toString('hex')}`, ids: ['new', 'old'] },
  ])('are read from $title', ({ text, ids }) => {
    const keys = masterKeys.parse(text, '');
    expect(keys?.map(({ id }) => id)).toEqual(ids);
    for (const { key } of keys ?? []) expect(key).toHaveLength(32);
  });

  it('without a name are known by the same one each time', () => {
    expect(masterKeys.parse(base64, '')).toEqual(masterKeys.parse(A.toString('hex'), ''));
  });

  it.each([
    ['too short', 'YWJj'],
    ['too long', Buffer.alloc(33).toString('base64')],
    ['a passphrase', 'correct horse battery staple'],
    ['nothing', ''],
    ['a name without a key', 'new:'],
    ['a name with a blank', `my key:${base64}`],
    ['a comma at the end', `${base64},`],
    ['two of one name', `a:${base64},a:${B.toString('base64')}`],
  ])('are not %s', (_, text) => {
    expect(masterKeys.parse(text, '')).toBeUndefined();
  });
});

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-secret-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const read = (env: Record<string, string>) => readSettings({ env }).settings;

  it('is read without the line break at its end', () => {
    const settings = read({
      DARKROOM_MASTER_KEY_FILE: file('master', `${base64}\n`),
      DARKROOM_API_KEY_FILE: file('api', 'a-key-of-the-owner\r\n'),
    });
    expect(settings.masterKeys?.[0]?.key).toEqual(A);
    expect(settings.apiKey).toBe('a-key-of-the-owner');
  });

  it('may be named in the configuration file, from where it lies', () => {
    file('beside', base64);
    const configFile = file('darkroom.json', JSON.stringify({ master_key_file: 'beside' }));
    expect(readSettings({ env: {}, configFile }).settings.masterKeys).toHaveLength(1);
  });

  it.each([
    ['is not there', { DARKROOM_MASTER_KEY_FILE: '/nowhere/at/all' }, /DARKROOM_MASTER_KEY_FILE.*ENOENT/s],
    [
      'is given beside the secret itself',
      { DARKROOM_MASTER_KEY_FILE: '/dev/null', DARKROOM_MASTER_KEY: base64 },
      /one of the two/,
    ],
    ['is for what is no secret', { DARKROOM_LISTEN_FILE: '/dev/null' }, /does not know/],
  ])('is refused where it %s', (_, env, says) => {
    expect(() => read(env as Record<string, string>)).toThrow(says);
  });

  it('is never told of, right or wrong', () => {
    const wrong = `${base64.slice(0, 20)}-not-a-key`;
    const failing = () => read({ DARKROOM_MASTER_KEY_FILE: file('wrong', wrong) });
    expect(failing).toThrow(/not shown/);
    expect(failing).not.toThrow(wrong);
  });
});
