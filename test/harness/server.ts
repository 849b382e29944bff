import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const cliEntry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
export const TEST_KEY = 'test-key-0123456789abcdef0123456789abcdef';

/** Settings that turn encryption at rest on. */
export const ENCRYPTED = { DARKROOM_MASTER_KEY: `test:${'5a'.repeat(32)}` } as const;

export interface ServerOptions {
  readonly dataDir: string;
  /** further settings, DARKROOM_* */
  readonly env?: Readonly<Record<string, string>>;
  /** further words of the command line, after `serve` */
  readonly args?: readonly string[];
}

/**
 * A real `darkroom serve`, in a process group of its own, so that one signal reaches it and all its renderers.
 * It keeps its port over restarts: what it signed stays valid.
 */
export class TestServer {
  readonly #options: ServerOptions;
  readonly #lines: string[] = [];
  #child: ChildProcess | undefined;
  #exit: Promise<number | NodeJS.Signals | null> = Promise.resolve(null);
  #url = '';

  private constructor(options: ServerOptions) {
    this.#options = options;
  }

  static async start(options: ServerOptions): Promise<TestServer> {
    const server = new TestServer(options);
    await server.restart();
    return server;
  }

  get url(): string {
    return this.#url;
  }

  /** of the main process, which is also the group's id */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** What the server has printed so far, both streams, all its lives. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** Starts the server again after `kill9` or `stop`, on the port it had. Answers when it listens. */
  async restart(): Promise<void> {
    const listen = this.#url === '' ? '127.0.0.1:0' : new URL(this.#url).host;
    const child = spawn(process.execPath, [cliEntry, 'serve', ...(this.#options.args ?? [])], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: serverEnvironment({
        DARKROOM_DATA: this.#options.dataDir,
        DARKROOM_LISTEN: listen,
        DARKROOM_API_KEY: TEST_KEY,
        DARKROOM_LOG_LEVEL: 'warn',
        ...this.#options.env,
      }),
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
    this.#url = await this.#listening(child);
  }

  /** SIGKILL to the whole process group: nobody gets to say a last word. */
  async kill9(): Promise<void> {
    process.kill(-this.pid, 'SIGKILL');
    await this.#exit;
    this.#child = undefined;
  }

  /** SIGTERM; answers the exit code, or the signal that it died of. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    if (!this.#child) return null;
    this.#child.kill('SIGTERM');
    const exit = await this.#exit;
    this.#child = undefined;
    return exit;
  }

  /** Process ids of its renderers: all processes below the main one. */
  renderers(): number[] {
    return descendantsOf(this.pid);
  }

  /** An authorised request. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${TEST_KEY}`);
    return fetch(new URL(path, this.#url), { ...init, headers });
  }

  async #listening(child: ChildProcess): Promise<string> {
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error('the server has no output');
    createInterface({ input: stderr }).on('line', (line) => this.#lines.push(line));
    return await new Promise((resolve, reject) => {
      createInterface({ input: stdout }).on('line', (line) => {
        this.#lines.push(line);
        const url = /listening on (http:\/\/[^\s"]+)/.exec(line)?.[1];
        if (url) resolve(url);
      });
      void this.#exit.then((exit) =>
        reject(
          new Error(`the server ended (${exit}) before it listened:\n${this.#lines.slice(-20).join('\n')}`),
        ),
      );
    });
  }
}

/** The caller's environment without its own Darkroom settings, which must not reach a test. */
export function serverEnvironment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('DARKROOM_'));
  return { ...Object.fromEntries(inherited), ...settings };
}

/** None where there is no /proc: other systems than Linux. */
function descendantsOf(pid: number): number[] {
  if (!existsSync('/proc')) return [];
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The fourth field of /proc/{pid}/stat; the second may hold spaces, in parentheses. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
