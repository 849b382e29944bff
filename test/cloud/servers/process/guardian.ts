import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * Outlives the process that started servers, however that one dies: when the pipe from it closes, everything still
 * on the list is killed, whole process groups, and its folder removed. A line on the pipe is `+ pid folder` or `- pid`.
 */
const watched = new Map<number, string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [sign, pid, ...folder] = line.split(' ');
    if (sign === '+') watched.set(Number(pid), folder.join(' '));
    else watched.delete(Number(pid));
  })
  .on('close', () => {
    for (const pid of watched.keys()) killGroup(pid);
    for (const folder of watched.values()) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // gone already
  }
}
