import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { peakMemory } from './memory.ts';

export interface LoopResult {
  readonly imagesPerSecond: number;
  readonly peakBytes: number[];
}

/** Runs a bare loop over the photographs in `processes` processes; the clock starts when all of them are warm. */
export async function runLoop(
  way: string,
  photos: readonly string[],
  options: { processes: number; folder: string },
): Promise<LoopResult> {
  const entry = fileURLToPath(new URL('loop-process.ts', import.meta.url));
  const children = Array.from({ length: options.processes }, () => fork(entry, [way, options.folder]));
  await Promise.all(children.map((child) => once(child, 'message')));
  const warm = photos[0];
  if (warm === undefined) throw new Error('no photographs to loop over');
  await Promise.all(children.map((child) => ask(child, warm)));

  const queue = [...photos];
  const started = performance.now();
  await Promise.all(
    children.map(async (child) => {
      for (let photo = queue.shift(); photo !== undefined; photo = queue.shift()) await ask(child, photo);
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const peakBytes = children.map((child) => peakMemory(child.pid));
  for (const child of children) child.kill('SIGKILL');
  return { imagesPerSecond: photos.length / seconds, peakBytes };
}

function ask(child: ChildProcess, photo: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const died = () => reject(new Error(`a loop process died on ${photo}`));
    child.once('exit', died);
    child.once('message', () => {
      child.off('exit', died);
      resolve();
    });
    child.send(photo);
  });
}
