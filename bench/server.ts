import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childrenOf, peakMemory } from './memory.ts';

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
const KEY = 'bench-key-0123456789abcdef0123456789abcdef';

/** A `darkroom serve` of its own process, as a user would run it. */
export class Server {
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  static async start(dataDir: string, env: Record<string, string> = {}): Promise<Server> {
    const child = spawn(process.execPath, [cli, 'serve'], {
      env: {
        ...process.env,
        DARKROOM_DATA: dataDir,
        DARKROOM_LISTEN: '127.0.0.1:0',
        DARKROOM_API_KEY: KEY,
        DARKROOM_LOG_LEVEL: 'warn',
        DARKROOM_RATE_LIMIT: 'off',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = line.match(/listening on (http:\/\/[^\s"]+)/)?.[1];
      if (url) {
        child.stdout.resume();
        return new Server(url, child);
      }
    }
    throw new Error('the server ended before it listened');
  }

  /** Uploads a photograph and answers its id and when its last byte was acknowledged (performance.now). */
  async upload(photo: string): Promise<{ imageId: string; acknowledgedAt: number }> {
    const body = await readFile(photo);
    const response = await fetch(`${this.url}/v1/images?filename=${encodeURIComponent(basename(photo))}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/octet-stream' },
      body,
    });
    if (response.status !== 202)
      throw new Error(`upload answered ${response.status}: ${await response.text()}`);
    const { image_id: imageId } = (await response.json()) as { image_id: string };
    return { imageId, acknowledgedAt: performance.now() };
  }

  async ready(imageId: string): Promise<void> {
    for (;;) {
      const response = await fetch(`${this.url}/v1/image/${imageId}?wait=ready`, {
        headers: { authorization: `Bearer ${KEY}` },
      });
      const { status, error } = (await response.json()) as { status: string; error?: unknown };
      if (status === 'ready') return;
      if (status === 'rejected' || status === 'failed')
        throw new Error(`${imageId}: ${status} ${JSON.stringify(error)}`);
    }
  }

  /** A signed link to a picture made of an image. */
  async link(imageId: string, params: Readonly<Record<string, string>>): Promise<string> {
    const response = await fetch(`${this.url}/v1/image/${imageId}/link`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ params }),
    });
    if (!response.ok) throw new Error(`a link was answered ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { url: string }).url;
  }

  /** What a gauge or counter without labels says. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
    const value = (await response.text()).match(new RegExp(`^${name} (\\S+)`, 'm'))?.[1];
    if (value === undefined) throw new Error(`there is no metric ${name}`);
    return Number(value);
  }

  /** of the main process */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Highest resident memory so far, bytes: of the main process and of each renderer. */
  memory(): { main: number; renderers: number[] } {
    return { main: peakMemory(this.pid), renderers: childrenOf(this.pid).map(peakMemory) };
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await gone;
  }
}

/** Milliseconds from starting the process to its first answered upload, on an empty data folder. */
export async function startupMs(folder: string, photo: string): Promise<number> {
  const started = performance.now();
  const server = await Server.start(join(folder, `startup-${process.hrtime.bigint()}`));
  await server.upload(photo);
  const took = performance.now() - started;
  await server.stop();
  return took;
}
