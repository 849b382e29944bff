import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '../../config.ts';
import { makeFolders } from '../../make-folders.ts';
import { startRendererPool } from '../../pipeline/renderer-pool.ts';
import type { LocalPipeline } from './document.ts';
import { type FileResult, type Job, processFile, type Workplace } from './process-file.ts';

export interface ProcessRequest extends LocalPipeline {
  readonly jobs: Iterable<Job>;
  readonly outDir: string;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** called for each file when it is finished, in no promised order */
  readonly onResult: (result: FileResult) => void;
}

const SCRATCH_PREFIX = '.darkroom-process-';
/** A run that lives changes its scratch folder with every file: one that rests this long, milliseconds, is over. */
const LEFTOVER_AFTER_MS = 3_600_000;

/** Files under way beyond one for each renderer, so that none waits while a finished one is put into place. */
const AHEAD = 2;

/**
 * Runs the pipeline on all files, in renderer processes. When `signal` aborts, the files under way are given up
 * without a trace, and it returns.
 */
export async function processFiles(request: ProcessRequest): Promise<void> {
  const { settings, outDir } = request;
  await makeFolders(outDir);
  await removeLeftovers(outDir);
  const scratchDir = await mkdtemp(join(outDir, SCRATCH_PREFIX));
  const renderers = startRendererPool({
    processes: settings.renderers,
    deadlineMs: settings.renderDeadlineMs,
    memoryBytes: settings.renderMemoryBytes,
    maxRssBytes: settings.rendererMaxRssBytes,
  });
  const workplace = { ...request, renderers, scratchDir };
  const jobs = request.jobs[Symbol.iterator]();
  try {
    const hands = Array.from({ length: settings.renderers + AHEAD }, () =>
      workThrough(jobs, workplace, request),
    );
    await Promise.all(hands);
  } finally {
    await renderers.close();
    await rm(scratchDir, { recursive: true, force: true });
  }
}

async function workThrough(
  jobs: Iterator<Job>,
  workplace: Workplace,
  { signal, onResult }: Pick<ProcessRequest, 'signal' | 'onResult'>,
): Promise<void> {
  while (!signal.aborted) {
    const next = jobs.next();
    if (next.done) return;
    try {
      onResult(await processFile(next.value, workplace));
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Scratch folders of runs that were killed. */
async function removeLeftovers(outDir: string): Promise<void> {
  for (const name of await readdir(outDir)) {
    if (!name.startsWith(SCRATCH_PREFIX)) continue;
    const path = join(outDir, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > LEFTOVER_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
}
