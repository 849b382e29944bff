import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, inProcess, type Running, scratchFolder, startCli, until } from '../testing/cli.ts';
import { filesUnder } from '../testing/service.ts';

const LISTENING = /listening on (http:\/\/127\.0\.0\.1:\d+)/;

async function serve(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ running: Running; url: string }> {
  const running = startCli(['serve', ...args], { env: { DARKROOM_LISTEN: '127.0.0.1:0', ...env } });
  onTestFinished(() => void running.child.kill('SIGKILL'));
  await until(running, ({ stdout }) => /listening on .+\n/.test(stdout));
  return { running, url: LISTENING.exec(running.output.stdout)?.[1] ?? '' };
}

async function stopped({ child, finished }: Running) {
  child.kill('SIGTERM');
  return finished;
}

describe('darkroom serve', () => {
  it('shows the key at its first start only, keeps no copy of it, and ends with 0', async () => {
    const data = join(await scratchFolder(), 'data');
    const first = await serve({ DARKROOM_DATA: data });
    const [, key = ''] = /DARKROOM_API_KEY=(\S+)/.exec(first.running.output.stdout) ?? [];
    const listed = await inProcess(['ls', '--json'], {
      env: { DARKROOM_URL: first.url, DARKROOM_API_KEY: key },
    });
    expect({ code: listed.code, ...JSON.parse(listed.stdout) }).toEqual({
      code: 0,
      images: [],
      next_cursor: null,
    });
    const wrong = await inProcess(['ls'], { env: { DARKROOM_URL: first.url, DARKROOM_API_KEY: `${key}x` } });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('(unauthorized') });
    expect(await stopped(first.running)).toMatchObject({ code: 0 });
    expect(key.length).toBeGreaterThan(30);
    for (const name of await filesUnder(data)) {
      expect((await readFile(join(data, name))).includes(key), name).toBe(false);
    }

    const second = await serve({ DARKROOM_DATA: data });
    const { code, stdout } = await stopped(second.running);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `listening on ${second.url}\n` });
  });

  it('says the same as one line of JSON', async () => {
    const { running, url } = await serve({ DARKROOM_DATA: join(await scratchFolder(), 'data') }, '--json');
    const { code, stdout } = await stopped(running);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual({
      message: `listening on ${url}`,
      url,
      api_key: expect.any(String),
      owner_link: expect.stringMatching(/^http:.*\/setup#token=drt_[\w-]{43}$/),
    });
  });

  it('says why it cannot start', async () => {
    const data = join(await scratchFolder(), 'data');
    const { running, url } = await serve({ DARKROOM_DATA: data });
    const [sameData, samePort, badSettings] = await Promise.all([
      cli(['serve'], { env: { DARKROOM_DATA: data, DARKROOM_LISTEN: '127.0.0.1:0' } }),
      cli(['serve', '--json'], { env: { DARKROOM_DATA: `${data}-2`, DARKROOM_LISTEN: new URL(url).host } }),
      cli(['serve'], { env: { DARKROOM_PLATFORM: 'azure', DARKROOM_LISTEN: 'here' } }),
    ]);
    expect(sameData).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('(data_folder_in_use)'),
    });
    expect(samePort).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is taken by another process'),
    });
    expect(JSON.parse(samePort.stdout).error.code).toBe('invalid_settings');
    expect(badSettings).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('2 settings are not valid'),
    });
    expect(await stopped(running)).toMatchObject({ code: 0 });
  });

  it('warns loudly where acknowledged uploads may be lost', async () => {
    const env = { DARKROOM_DATA: join(await scratchFolder(), 'data'), DARKROOM_UNSAFE_NO_SYNC: 'true' };
    const { running } = await serve(env);
    expect((await stopped(running)).stderr).toContain('LOSES uploads that were acknowledged');
  });
});
