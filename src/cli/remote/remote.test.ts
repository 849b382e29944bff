import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, inProcess } from '../testing/cli.ts';
import { parseTags } from './tags.ts';

/** What the verbs say where the server is away, is none of ours, or refuses. */

async function serverThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const key = { DARKROOM_API_KEY: 'a-key-for-the-test' };

describe('a server that cannot help', () => {
  it('is not there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = `http://127.0.0.1:${port}`;
    const env = { ...key, DARKROOM_URL: url };
    for (const args of [['ls'], ['show', 'x'], ['upload', 'samples'], ['rm', 'x', 'y'], ['get', 'x']]) {
      const { code, stdout, stderr } = await inProcess([...args, '--json'], { env });
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain(`Nothing listens at ${url}. Is "darkroom serve" running there?`);
      expect(JSON.parse(stdout).error).toMatchObject({ code: 'unreachable', status: 0 });
    }
  });

  it('has a name that does not exist', async () => {
    const env = { ...key, DARKROOM_URL: 'http://darkroom.invalid' };
    const { code, stderr } = await inProcess(['show', 'x'], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/darkroom\.invalid.*DARKROOM_URL says|cannot be looked up/);
  });

  it('wants another key', async () => {
    const url = await serverThat((_, response) => {
      response.writeHead(401, { 'content-type': 'application/problem+json' });
      response.end(
        JSON.stringify({ code: 'unauthorized', detail: 'This key is not known.', request_id: 'r-1' }),
      );
    });
    const { code, stdout, stderr } = await inProcess(['ls', '--json'], {
      env: { ...key, DARKROOM_URL: url },
    });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'This key is not known. DARKROOM_API_KEY must be the key that "darkroom serve" printed',
    );
    expect(stderr).toContain('(unauthorized, request r-1)');
    expect(stderr + stdout).not.toContain(key.DARKROOM_API_KEY);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'unauthorized', status: 401, request_id: 'r-1' });
  });

  it.each([
    [200, 'text/html', '<h1>Welcome</h1>', 'unexpected_answer'],
    [404, 'text/html', '<h1>Not found</h1>', 'http_404'],
    [500, 'application/json', '[1', 'http_500'],
  ])('is no Darkroom: %d %s', async (status, type, body, code) => {
    const url = await serverThat((_, response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    );
    const finished = await inProcess(['ls'], { env: { ...key, DARKROOM_URL: url } });
    expect(finished).toMatchObject({ code: 1, stdout: '' });
    expect(finished.stderr).toContain('Does DARKROOM_URL lead to a Darkroom?');
    expect(finished.stderr).toContain(`(${code})`);
  });

  it('sends text that would steer the terminal', async () => {
    const url = await serverThat((_, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'image_not_found', detail: 'no \u001b[2Jsuch image' }));
    });
    const { stderr } = await inProcess(['show', 'x'], { env: { ...key, DARKROOM_URL: url } });
    expect(stderr).toContain('no \ufffd[2Jsuch image (image_not_found)');
  });

  it('goes away in the middle of a list, whose document is complete all the same', async () => {
    let asked = 0;
    const url = await serverThat((_, response) => {
      asked += 1;
      const answer =
        asked === 1 ? '{"images": [], "next_cursor": "more"}' : '{"code": "internal", "detail": "Oh."}';
      response.writeHead(asked === 1 ? 200 : 500, { 'content-type': 'application/json' }).end(answer);
    });
    const { code, stdout } = await inProcess(['ls', '--all', '--json'], {
      env: { ...key, DARKROOM_URL: url },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      images: [],
      error: { code: 'internal', message: 'Oh.', status: 500 },
    });
  });

  it('is busy for a moment, and is asked again', async () => {
    let asked = 0;
    const url = await serverThat((_, response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503, { 'retry-after': '0' }).end();
      else if (asked === 2) response.destroy();
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"images": []}');
    });
    const { code, stdout } = await inProcess(['ls', '--json'], { env: { ...key, DARKROOM_URL: url } });
    expect({ code, asked }).toEqual({ code: 0, asked: 3 });
    expect(JSON.parse(stdout)).toEqual({ images: [], next_cursor: null });
  });
});

describe('a verb without what it needs', () => {
  it.each([
    [['ls'], {}, 'DARKROOM_API_KEY is not set'],
    [['ls', '--status', 'redy'], key, 'Did you mean ready?'],
    [['ls', '--limit', '0'], key, '--limit must be a whole number from 1 to 200; got "0"'],
    [['ls', '--from', 'yesterday'], key, '--from must be a time such as 2025-06-01'],
    [['ls', '--tag', '=web'], key, 'A tag is written key=value; got "=web"'],
    [['show'], key, 'Usage: darkroom show <image id>'],
    [['show', 'a', 'b'], key, 'Too much: "b"'],
    [
      ['get', 'a', '--original', '--variant', 'large'],
      key,
      '--original takes neither --variant nor --format',
    ],
    [['get', 'a', '-f', 'wepb'], key, 'Did you mean webp?'],
    [['upload', 'samples', '--resumable', '--signed'], key, 'choose one'],
    [['upload', 'no/such/file'], key, 'There is no file or folder "no/such/file"'],
  ])('%j', async (args, env, words) => {
    const { code, stdout, stderr } = await inProcess(args, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });

  it('never prints two documents', async () => {
    const { code, stdout } = await cli(['get', 'a', '-o', '-', '--json'], { env: key });
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('usage');
  });
});

it('tags may hold anything after their first =', () => {
  expect(parseTags(['team=web', 'note=a=b', 'empty='])).toEqual({ team: 'web', note: 'a=b', empty: '' });
  expect(parseTags()).toEqual({});
});
