import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runCli } from '../run.ts';

const ENTRY = fileURLToPath(new URL('../main.ts', import.meta.url));
export const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** what it has written until now */
  readonly output: { stdout: string; stderr: string };
  readonly finished: Promise<Finished>;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Starts the real `darkroom`, as a person or a script would. Nothing of this process's settings reaches it. */
export function startCli(args: readonly string[], { env = {}, cwd }: CliOptions = {}): Running {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...output }));
  });
  return { child, output, finished };
}

export function cli(args: readonly string[], options: CliOptions = {}): Promise<Finished> {
  return startCli(args, options).finished;
}

/** The same without a process of its own: for tables of many cases, none of which works long. */
export async function inProcess(args: readonly string[], { env = {} }: CliOptions = {}): Promise<Finished> {
  const [out, err] = [new Collector(), new Collector()];
  const signal = new AbortController().signal;
  const code = await runCli({ argv: args, env, out, err, signal });
  return { code, stdout: out.text, stderr: err.text };
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Waits until what a process writes shows something. */
export async function until(
  running: Running,
  condition: (output: Running['output']) => boolean,
): Promise<void> {
  const over = running.finished.then(() => 'over' as const);
  while (!condition(running.output)) {
    const pause = new Promise<'pause'>((resolve) => setTimeout(resolve, 10, 'pause'));
    if ((await Promise.race([over, pause])) === 'over' && !condition(running.output)) {
      throw new Error(`it ended before: ${JSON.stringify(await running.finished)}`);
    }
  }
}

/** A folder that goes with the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
