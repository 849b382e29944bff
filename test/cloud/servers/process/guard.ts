import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

let guardian: ChildProcess | undefined;

/** From now on the group of this leader dies with this process, and its folder goes. */
export function guard(leader: number, folder: string): void {
  tell(`+ ${leader} ${folder}`);
}

/** The group has ended in order: its number may belong to somebody else soon. */
export function unguard(leader: number): void {
  tell(`- ${leader}`);
}

function tell(line: string): void {
  guardian ??= startGuardian();
  guardian.stdin?.write(`${line}\n`);
}

function startGuardian(): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL('guardian.ts', import.meta.url))], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
