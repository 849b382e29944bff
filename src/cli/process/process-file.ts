import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../../failures.ts';
import { systemClock } from '../../images/clock.ts';
import { extensions } from '../../images/keys.ts';
import { maxBytes } from '../../pipeline/document.ts';
import type { Renderers } from '../../pipeline/renderers.ts';
import { runPipeline } from '../../pipeline/run-pipeline.ts';
import type { RenderedOutput } from '../../pixels/render-plan.ts';
import { describeFault, type Fault } from '../describe-fault.ts';
import { formatBytes } from '../text/format.ts';
import type { LocalPipeline } from './document.ts';
import type { InputFile } from './inputs.ts';
import { outputStem } from './names.ts';

export interface Job extends InputFile {
  /** of its outputs, with the subfolder */
  readonly stem: string;
}

export interface Workplace extends LocalPipeline {
  readonly renderers: Renderers;
  /** where outputs go */
  readonly outDir: string;
  /** on the same file system as `outDir`; whatever is in it may be lost */
  readonly scratchDir: string;
  readonly signal: AbortSignal;
}

/** What became of one file; as `--json` prints it. */
export interface FileResult {
  readonly input: string;
  readonly status: 'done' | 'failed';
  /** bytes */
  readonly size: number;
  readonly duration_ms: number;
  readonly outputs: readonly FileOutput[];
  readonly placeholder?: unknown;
  readonly error?: Fault;
}

export interface FileOutput {
  readonly variant: string;
  readonly format: string;
  readonly path: string;
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly sha256: string;
}

/** Runs the pipeline on one file. Its outputs appear under their names when they are complete, or not at all. */
export async function processFile(job: Job, workplace: Workplace): Promise<FileResult> {
  const startedAt = performance.now();
  const workDir = join(workplace.scratchDir, crypto.randomUUID());
  let size = 0;
  const result = (rest: Pick<FileResult, 'status' | 'outputs' | 'placeholder' | 'error'>): FileResult => ({
    input: job.path,
    size,
    duration_ms: Math.round(performance.now() - startedAt),
    ...rest,
  });
  try {
    size = (await stat(job.path)).size;
    checkSize(size, maxBytes(workplace.document));
    await mkdir(workDir);
    const { renderers, document, markPaths, signal } = workplace;
    const { rendered } = await runPipeline({
      renderers,
      document,
      markPaths,
      signal,
      sourcePath: job.path,
      outDir: workDir,
      attempts: 1,
      clock: systemClock,
    });
    const outputs = await moveIntoPlace(rendered.outputs, job, workplace);
    const { placeholder } = rendered;
    return result({ status: 'done', outputs, ...(placeholder ? { placeholder } : {}) });
  } catch (error) {
    workplace.signal.throwIfAborted();
    return result({ status: 'failed', outputs: [], error: describeFault(error) });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function checkSize(size: number, limit: number): void {
  if (size === 0) throw new Failure('empty_file', 'The file has no bytes.');
  if (size > limit) {
    const [is, may] = [formatBytes(size), formatBytes(limit)];
    throw new Failure(
      'file_too_large',
      `The file has ${is}; the pipeline takes up to ${may} (validate, max_bytes).`,
    );
  }
}

async function moveIntoPlace(
  rendered: readonly RenderedOutput[],
  { stem }: Job,
  { outDir }: Workplace,
): Promise<FileOutput[]> {
  await mkdir(join(outDir, dirname(stem)), { recursive: true });
  const outputs: FileOutput[] = [];
  for (const { name, format, path, width, height, size, sha256 } of rendered) {
    const target = join(outDir, `${outputStem(stem, name)}.${extensions[format]}`);
    await rename(path, target);
    outputs.push({ variant: name, format, path: target, width, height, size, sha256 });
  }
  return outputs;
}
