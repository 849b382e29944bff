import { stat } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatBytes, formatCount, formatDuration } from '../text/format.ts';
import { type Check, ok, warning } from './check.ts';

/** What the main process takes beside the renderers, with room: it stays under 200 MB. */
const MAIN_PROCESS_BYTES = 250e6;
const manifest = fileURLToPath(new URL('../../../package.json', import.meta.url));

/** Memory, cores, clock. */
export const machineChecks: readonly Check[] = [
  {
    name: 'memory',
    mend: 'set DARKROOM_RENDER_MEMORY to what the machine has to spare',
    async look({ renderMemoryBytes }) {
      const total = memoryLimit();
      const needed = renderMemoryBytes + MAIN_PROCESS_BYTES;
      const detail = `${formatBytes(total)} in all, ${formatBytes(freemem())} free; up to ${formatBytes(needed)} wanted`;
      if (needed <= total) return ok(detail);
      return warning(
        detail,
        'lower DARKROOM_RENDER_MEMORY: pictures then wait instead of running out of memory',
      );
    },
  },
  {
    name: 'cores',
    mend: 'set DARKROOM_RENDERERS',
    async look({ renderers }) {
      const cores = availableParallelism();
      const detail = `${formatCount(cores, 'core')}, ${formatCount(renderers, 'renderer')}`;
      if (renderers <= cores) return ok(detail);
      return warning(detail, 'more renderers than cores only take memory: lower DARKROOM_RENDERERS');
    },
  },
  {
    name: 'clock',
    mend: 'set the clock of the machine, best by NTP',
    async look() {
      const behind = (await stat(manifest)).mtimeMs - Date.now();
      const now = new Date().toISOString();
      if (behind <= 0) return ok(now);
      return warning(
        `${now} is ${formatDuration(behind)} before Darkroom was installed`,
        'set the clock, best by NTP: images expire by it and signed URLs end by it',
      );
    },
  },
];

/** Of the machine, or less where a container has less. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
