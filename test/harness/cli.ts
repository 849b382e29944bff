import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { cliEntry, serverEnvironment } from './server.ts';

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `darkroom` as a user would, with only the settings given. */
export async function darkroom(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<CliRun> {
  const child = spawn(process.execPath, [cliEntry, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnvironment(settings),
  });
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}
