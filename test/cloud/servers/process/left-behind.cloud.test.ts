import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { describeOn } from '../../shared-servers.ts';

const owner = fileURLToPath(new URL('testing/server-owner.ts', import.meta.url));

interface Owned {
  readonly pid: number;
  readonly folder: string;
}

/** A process that has started a server and now sleeps. */
async function startOwner(): Promise<{ child: ChildProcess; owned: Owned }> {
  const child = spawn(process.execPath, [owner], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!child.stdout) throw new Error('the owner has no output');
  const lines = createInterface({ input: child.stdout });
  const owned = await new Promise<Owned>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line) as Owned));
    child.once('exit', (code) => reject(new Error(`the owner ended with ${code}`)));
  });
  return { child, owned };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeOn(['versitygw'], 'a server whose owner is gone', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('goes too, and its folder: %s', async (signal) => {
    const { child, owned } = await startOwner();
    expect([lives(owned.pid), existsSync(owned.folder)]).toEqual([true, true]);
    child.kill(signal);
    await vi.waitFor(
      () => expect([lives(owned.pid), existsSync(owned.folder)]).toEqual([false, false]),
      20_000,
    );
  });
});
