import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Output, Rendered, RenderedOutput, RenderPlan } from '../pixels/render-plan.ts';

/**
 * Whether a renderer answered what it was asked for: each output of the plan once, under its own path. A process that
 * was taken over must not make the service publish some other file.
 */
export function isAsPlanned(plan: RenderPlan, outDir: string, { outputs }: Rendered): boolean {
  const planned = plan.frames.flatMap((frame) => frame.outputs);
  return outputs.length === planned.length && planned.every((output) => outputs.some(isThe(output, outDir)));
}

function isThe({ name, file, encoding }: Output, outDir: string) {
  const path = join(outDir, file);
  return (made: RenderedOutput) =>
    made.path === path && made.name === name && made.format === encoding.format;
}

/**
 * Whether each output is a file, not a link to one, with as many bytes as were told. At once: these files have just
 * been written, so looking takes microseconds, and a round through the thread pool a hundred times as long.
 */
export function areThere({ outputs }: Rendered): boolean {
  return outputs.every(({ path, size }) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found?.isFile() === true && found.size === size;
  });
}
