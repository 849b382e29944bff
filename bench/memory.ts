import { readFileSync } from 'node:fs';

/** Highest resident memory a process has had, bytes (Linux; 0 elsewhere or where it is gone). */
export function peakMemory(pid: number | undefined): number {
  return statusField(pid, 'VmHWM');
}

/** Resident memory of a process now, bytes. */
export function residentMemory(pid: number | undefined): number {
  return statusField(pid, 'VmRSS');
}

/** Ids of the processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function statusField(pid: number | undefined, field: string): number {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(
      new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'),
    );
    return Number(line?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
