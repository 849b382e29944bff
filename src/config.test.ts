import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { settingsTable } from './config.ts';
import { fileKey, type Setting, type SettingFault } from './config-reading.ts';
import { Failure } from './failures.ts';
import { readSettings } from './read-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'darkroom-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(content: unknown): string {
  const path = join(folder, `${process.hrtime.bigint()}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function failureOf(read: () => unknown): Failure {
  try {
    read();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

function faultsOf(env: Record<string, string>, configFile?: string): readonly SettingFault[] {
  const failure = failureOf(() => readSettings({ env, ...(configFile ? { configFile } : {}) }));
  expect(failure.code).toBe('invalid_settings');
  return failure.extra.faults as SettingFault[];
}

describe('where a value comes from', () => {
  it('is the default where nothing was set', () => {
    const { settings, origins } = readSettings({ env: { PATH: '/bin', DARKROOM_LEASE: '' } });
    expect(settings).toMatchObject({
      platform: 'embedded',
      dataDir: resolve('data'),
      listen: { host: '127.0.0.1', port: 8080 },
      retentionMs: 7 * 86_400_000,
      renderers: availableParallelism(),
      leaseMs: 60_000,
      maxUploadBytes: 50 * 2 ** 20,
      maxDirectUploadBytes: 10 * 2 ** 20,
      rendererMaxRssBytes: 620 * 2 ** 20,
      unsafeNoSync: false,
    });
    expect(settings.apiKey).toBeUndefined();
    expect(settings.inboxDir).toBeUndefined();
    expect(new Set(Object.values(origins))).toEqual(new Set(['default']));
    expect(Object.keys(origins)).toEqual(Object.keys(settingsTable));
  });

  it('is the environment before the file, and the file before the default', () => {
    const configFile = fileWith({ retention: '30s', renderers: 3, unsafe_no_sync: true, lease: '5s' });
    const env = { DARKROOM_RETENTION: '2d' };
    const { settings, origins } = readSettings({ env, configFile });
    expect(settings).toMatchObject({
      retentionMs: 172_800_000,
      renderers: 3,
      unsafeNoSync: true,
      leaseMs: 5000,
    });
    expect(origins).toMatchObject({
      retentionMs: 'environment',
      renderers: 'file',
      unsafeNoSync: 'file',
      leaseMs: 'file',
      logLevel: 'default',
    });
  });

  it('is the file that DARKROOM_CONFIG names, unless another is given', () => {
    const [first, second] = [fileWith({ retention: '1d' }), fileWith({ retention: '2d' })];
    const env = { DARKROOM_CONFIG: first };
    expect(readSettings({ env }).settings.retentionMs).toBe(86_400_000);
    expect(readSettings({ env, configFile: second }).settings.retentionMs).toBe(172_800_000);
  });

  it('takes folders in a file from where the file is', () => {
    const { settings } = readSettings({ env: {}, configFile: fileWith({ data: 'pictures', inbox: '/in' }) });
    expect(settings).toMatchObject({ dataDir: join(folder, 'pictures'), inboxDir: '/in' });
  });
});

describe('what is wrong', () => {
  it('is reported all together, each with its name, what was expected and what came', () => {
    const configFile = fileWith({ renderers: 0, lease: ['60s'], log_level: 'loud' });
    const env = { DARKROOM_PLATFORM: 'azure', DARKROOM_RETENTION: 'a week', DARKROOM_LISTEN: '8080' };
    const failure = failureOf(() => readSettings({ env, configFile }));
    expect(failure.message.split('\n')).toEqual([
      '6 settings are not valid:',
      '  DARKROOM_PLATFORM: expected one of embedded, aws; got "azure"',
      '  DARKROOM_LISTEN: expected an address and a port from 0 to 65535, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:80; got "8080"',
      '  DARKROOM_RETENTION: expected a duration with its unit, from 1s to 3650d, such as 500ms, 30s, 12h or 7d; got "a week"',
      `  renderers in ${configFile}: expected a whole number from 1 to 256; got 0`,
      `  lease in ${configFile}: expected a duration with its unit, from 1s to 12h, such as 500ms, 30s, 12h or 7d; got ["60s"]`,
      `  log_level in ${configFile}: expected one of fatal, error, warn, info, debug, trace, silent; got "loud"`,
    ]);
  });

  it.each(['short', 'has spaces in it', 'emoji-🔑-emoji', ' leading-space'])(
    'never shows a secret: %j',
    (value) => {
      const failure = failureOf(() => readSettings({ env: { DARKROOM_API_KEY: value } }));
      expect(failure.message).toContain('DARKROOM_API_KEY');
      expect(failure.message).toContain(`${value.length} characters`);
      expect(JSON.stringify([failure.message, failure.extra])).not.toContain(value.trim());
      expect(JSON.stringify(faultsOf({}, fileWith({ api_key: value })))).not.toContain(value.trim());
    },
  );

  it('hides a password inside a URL', () => {
    const [fault] = faultsOf({ DARKROOM_URL: 'https://me:hunter2@example.com' });
    expect(fault?.got).toBe('"https://(not shown)@example.com"');
  });

  it.each([
    [{ DARKROOM_RETENTON: '7d' }, 'did you mean DARKROOM_RETENTION?'],
    [{ DARKROOM_MAX_UPLAOD: '7MB' }, 'did you mean DARKROOM_MAX_UPLOAD?'],
    [{ DARKROOM_KUBERNETES: '1' }, 'a name it does not know'],
    [{ DARKROOM_RETENTION_: '7d' }, 'did you mean DARKROOM_RETENTION?'],
  ])('is a variable that does not exist: %j', (env, got) => {
    expect(faultsOf(env)).toEqual([expect.objectContaining({ got: expect.stringContaining(got) })]);
  });

  it('is a key in the file that does not exist', () => {
    const path = fileWith({ retentionn: '7d', max_uplod: '7MB', __proto__x: 1 });
    const got = faultsOf({}, path).map((fault) => `${fault.setting}: ${fault.got}`);
    expect(got).toEqual([
      `retentionn in ${path}: a name it does not know; did you mean retention in ${path}?`,
      `max_uplod in ${path}: a name it does not know; did you mean max_upload in ${path}?`,
      `__proto__x in ${path}: a name it does not know`,
    ]);
  });

  it.each([
    ['{"retention": ', 'not valid JSON'],
    ['["retention"]', 'not a JSON object'],
    ['null', 'not a JSON object'],
  ])('is a file like %j', (content, why) => {
    expect(faultsOf({}, fileWith(content))[0]?.got).toContain(why);
  });

  it('is a file that is not there, beside the other faults', () => {
    const faults = faultsOf({ DARKROOM_CONFIG: join(folder, 'nowhere.json'), DARKROOM_LEASE: 'x' });
    expect(faults.map((fault) => fault.setting)).toEqual(['the configuration file', 'DARKROOM_LEASE']);
    expect(faults[0]?.got).toContain('nowhere.json');
  });

  it.each([
    [{ DARKROOM_MAX_UPLOAD: '1MiB' }, 'DARKROOM_MAX_DIRECT_UPLOAD', '10MiB'],
    [{ DARKROOM_DATA: '/srv/data', DARKROOM_INBOX: '/srv' }, 'DARKROOM_INBOX', '"/srv"'],
    [{ DARKROOM_DATA: '/srv', DARKROOM_INBOX: '/srv' }, 'DARKROOM_INBOX', '"/srv"'],
  ])('is a contradiction: %j', (env, setting, got) => {
    expect(faultsOf(env)).toEqual([expect.objectContaining({ setting, got })]);
  });

  it('names both settings of a contradiction', () => {
    const [fault] = faultsOf({ DARKROOM_MAX_UPLOAD: '1MiB' });
    expect(fault?.expected).toBe(
      'no more than DARKROOM_MAX_UPLOAD, which is 1MiB: set DARKROOM_MAX_DIRECT_UPLOAD to less, or DARKROOM_MAX_UPLOAD to more',
    );
  });

  it('is not an inbox beside the data, nor one inside it', () => {
    for (const inbox of ['/srv/inbox', '/srv/data/inbox', '/srv/data-inbox']) {
      const env = { DARKROOM_DATA: '/srv/data', DARKROOM_INBOX: inbox };
      expect(readSettings({ env }).settings.inboxDir).toBe(inbox);
    }
  });
});

describe('the table', () => {
  const rows = Object.entries<Setting>(settingsTable);

  it.each(rows)('%s has a default that is valid, or says in words what happens without', (_, row) => {
    const fallback = typeof row.fallback === 'function' ? row.fallback() : row.fallback;
    if (fallback === undefined) expect(row.fallbackMeaning).toBeTruthy();
    else expect(row.parse(fallback, '/')).toBeDefined();
    expect(row.meaning.length).toBeGreaterThan(10);
  });

  it('names each variable and each key once', () => {
    expect(new Set(rows.map(([, row]) => row.variable)).size).toBe(rows.length);
    expect(new Set(rows.map(([, row]) => fileKey(row))).size).toBe(rows.length);
  });
});
