import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard, unguard } from './guard.ts';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** the whole environment apart from PATH, HOME and the like: no setting of the caller reaches a server */
  readonly env?: Readonly<Record<string, string>>;
}

const GRACE_MS = 10_000;
const INHERITED = ['PATH', 'HOME', 'LANG', 'JAVA_HOME', 'LD_LIBRARY_PATH'];

/** One life of a server: a process and all its children, which get signals together. Its output goes to a file. */
export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | NodeJS.Signals | null>;
  #ended = false;

  constructor(launch: Launch, folder: string, logFile: string) {
    const log = openSync(logFile, 'a');
    this.#child = spawn(launch.command, launch.args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...inherited(), TMPDIR: folder, ...launch.env },
    });
    closeSync(log);
    this.#exit = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(signal ?? code));
      this.#child.once('error', () => resolve(null));
    });
    void this.#exit.then(() => this.#close());
    if (this.#child.pid !== undefined) guard(this.#child.pid, folder);
  }

  get pid(): number {
    if (this.#child.pid === undefined || this.#ended) throw new Error('the server does not run');
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Answers when the process has ended: its exit code, or the signal that it died of. */
  get exit(): Promise<number | NodeJS.Signals | null> {
    return this.#exit;
  }

  /** To all of the group; nothing happens when it has ended. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) signalGroup(this.#child.pid, signal);
  }

  /** Asks the group to end, insists after ten seconds, and answers when it has. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.signal('SIGCONT');
    this.signal(signal);
    const patience = new AbortController();
    await Promise.race([this.#exit, sleep(GRACE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    this.signal('SIGKILL');
    await this.#exit;
  }

  /** What the first process holds in memory now, in megabytes; 0 where there is no /proc. */
  residentMegabytes(): number {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      return 0;
    }
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#child.pid === undefined) return;
    signalGroup(this.#child.pid, 'SIGKILL');
    unguard(this.#child.pid);
  }
}

function signalGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
}
