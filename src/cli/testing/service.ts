import { readdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Finished, inProcess, type Running, startCli, until } from './cli.ts';

export const KEY = 'key-of-a-test-0123456789';

/** A `darkroom serve` of its own process; the verbs that talk to it run in this one, because starting takes longest. */
export class TestService {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly #running: Running;

  private constructor(running: Running, url: string, env: Readonly<Record<string, string>>) {
    this.#running = running;
    this.url = url;
    this.env = { ...env, DARKROOM_URL: url };
  }

  static async start(dataDir: string, more: Readonly<Record<string, string>> = {}): Promise<TestService> {
    const env = { DARKROOM_DATA: dataDir, DARKROOM_API_KEY: KEY, DARKROOM_LOG_LEVEL: 'error', ...more };
    const running = startCli(['serve'], { env: { ...env, DARKROOM_LISTEN: '127.0.0.1:0' } });
    await until(running, ({ stdout }) => /listening on \S+\n/.test(stdout));
    const [, url = ''] = /listening on (http:\/\/\S+)/.exec(running.output.stdout) ?? [];
    return new TestService(running, url, env);
  }

  cli(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return inProcess(args, { env: { ...this.env, ...env } });
  }

  /** The document of a verb that must end well. */
  async json(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const finished = await this.cli([...args, '--json'], env);
    if (finished.code !== 0) throw new Error(`${args.join(' ')} ended with ${JSON.stringify(finished)}`);
    return JSON.parse(finished.stdout);
  }

  async stop(): Promise<Finished> {
    this.#running.child.kill('SIGTERM');
    return this.#running.finished;
  }
}

/** How one connection ends before its time: when so many bytes have gone up, or when the answer to so many comes down. */
export interface Break {
  readonly after: number;
  readonly loses: 'request' | 'answer';
}

/** A line to the server whose first connections break, each in its way; later ones hold. */
export async function brittleLine(
  target: string,
  breaks: readonly Break[],
): Promise<{ url: string; broken(): number }> {
  const { hostname, port } = new URL(target);
  const left = [...breaks];
  const line = createServer((client) => {
    const server = connect(Number(port), hostname);
    const hangUp = (_?: unknown) => {
      client.destroy();
      server.destroy();
    };
    const own = left[0];
    let sent = 0;
    const breaksNow = (loses: Break['loses']) => own?.loses === loses && sent >= own.after && own === left[0];
    client.on('data', (bytes) => {
      sent += bytes.length;
      server.write(bytes);
      if (breaksNow('request')) hangUp(left.shift());
    });
    server.on('data', (bytes) => {
      if (breaksNow('answer')) hangUp(left.shift());
      else client.write(bytes);
    });
    for (const end of [client, server]) end.on('error', hangUp).on('close', hangUp);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void line.close());
  const address = line.address();
  const own = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${own}`, broken: () => breaks.length - left.length };
}

/** Paths of all files under a folder, relative to it. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
