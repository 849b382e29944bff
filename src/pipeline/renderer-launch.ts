import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { FONTCONFIG_FILE } from '../pixels/fonts.ts';

export const RENDERER_ENTRY = fileURLToPath(new URL('./renderer-process.ts', import.meta.url));

/**
 * Nothing of the service's own environment: a decoder that is taken over finds no secret in it.
 *
 * One malloc arena, because each keeps what it once had, and nearly all work is done by one thread. Measured on
 * photographs: a renderer levels off at 165 MB, with the usual number of arenas at 215 to 310, as fast in both.
 */
const ENVIRONMENT = {
  FONTCONFIG_FILE,
  MALLOC_ARENA_MAX: '1',
  UV_THREADPOOL_SIZE: '2',
};

/** The script part is small: pictures live outside V8's heap. */
const NODE_FLAGS = ['--v8-pool-size=1', '--max-old-space-size=128'];

/**
 * What the kernel counts as data and is never touched: stacks and reservations. What it does not count is about three
 * times as much: the 50 MB of programs that are mapped. So a renderer stays below 45 MB over its limit, even where
 * nobody watches it. Measured with Node 24.21.
 */
const UNTOUCHED_BYTES = 16 * 2 ** 20;
/** Largest file that a renderer may write. */
const FILE_BYTES = 2 ** 31;
/** Recycled long before: it ends a process that lost its parent and cannot notice, because its script spins. */
export const CPU_LIMIT_SECONDS = 900;

const SHELL = '/bin/sh';

/**
 * Starts a renderer: no secrets, no core dumps (they would hold people's pictures), limits kept by the kernel where
 * it has them, and after everything else in line for the processor.
 */
export function launchRenderer(options: { entry: string; maxRssBytes: number }): ChildProcess {
  const node = [process.execPath, ...NODE_FLAGS, options.entry];
  const [command = process.execPath, ...args] = [...limitsFor(options.maxRssBytes), ...node];
  const child = spawn(command, args, {
    env: ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'json',
  });
  lowerPriority(child.pid);
  return child;
}

/** The beginning of a command that limits what follows it. Only where there is a POSIX shell on Linux. */
function limitsFor(maxRssBytes: number): string[] {
  if (process.platform !== 'linux' || !existsSync(SHELL)) return [];
  const dataBytes = codeRangeBytes() + maxRssBytes + UNTOUCHED_BYTES;
  const script = [
    'ulimit -c 0',
    `ulimit -d ${Math.ceil(dataBytes / 1024)}`,
    `ulimit -f ${FILE_BYTES / 512}`,
    `ulimit -t ${CPU_LIMIT_SECONDS}`,
    'exec "$@"',
  ];
  return [SHELL, '-c', script.join('\n'), 'darkroom-renderer'];
}

let codeRange: number | undefined;

/**
 * Address space that V8 sets aside for machine code, writable and hence counted as data: 512 MB on x64, nearly all of
 * it never touched. This process runs the same Node as the renderers do.
 */
function codeRangeBytes(): number {
  codeRange ??= readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => /^([0-9a-f]+)-([0-9a-f]+) rwxp /.exec(line))
    .reduce((sum, row) => sum + (row ? Number(`0x${row[2]}`) - Number(`0x${row[1]}`) : 0), 0);
  return codeRange;
}

function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.round(constants.priority.PRIORITY_BELOW_NORMAL / 2));
  } catch {
    // Gone already, or not allowed here: the work is the same, only the API answers a little later.
  }
}
