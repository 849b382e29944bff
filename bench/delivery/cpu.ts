import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc (USER_HZ, fixed at 100 on Linux). */
const TICKS = 100;

/** Processor time that a process and its threads have used, seconds (Linux). */
export function cpuSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '';
  const fields = afterName.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
