import { spawn } from 'node:child_process';

const TAIL_CHARACTERS = 4_000;

export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** added to the environment of this process */
  readonly env?: Readonly<Record<string, string>>;
  /** @default 10 minutes */
  readonly withinMs?: number;
}

/**
 * Runs a build tool to its end and answers what it printed, both streams.
 *
 * @throws Error with the last of what it printed, when it fails, is not there, or takes too long
 */
export async function runTool(run: ToolRun): Promise<string> {
  const child = spawn(run.command, run.args, {
    ...(run.cwd ? { cwd: run.cwd } : {}),
    env: { ...process.env, ...run.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: run.withinMs ?? 600_000,
    killSignal: 'SIGKILL',
  });
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  }
  const ended = await new Promise<number | string | null>((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (code, signal) => settle(code ?? signal));
  });
  if (ended === 0) return printed.join('');
  const line = [run.command, ...run.args].join(' ');
  throw new Error(`"${line}" ended with ${ended}:\n${printed.join('').slice(-TAIL_CHARACTERS)}`);
}
