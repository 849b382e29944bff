import { relative } from 'node:path';
import type { Settings } from '../../config.ts';
import { defineCommand, UsageError } from '../command.ts';

const MOST_RENDERERS = 256;

export const processCommand = defineCommand({
  name: 'process',
  summary: 'run the pipeline on local files and folders, with no service',
  usage: ['process <files|folders...> --out DIR [--pipeline FILE.json] [--renderers N] [--all] [--json]'],
  details: `Folders are read with all their subfolders, which the output folder gets too; what is read is never changed.
A file that stands in DIR under the name of an output is replaced.
Outputs are named {name}_{variant}.{extension}: photos/2024/cat.jpg becomes DIR/2024/cat_large.webp and so on.
Each appears when it is complete; Ctrl-C leaves no half-written file. "out" is the size of all outputs of a photo.
The settings DARKROOM_RENDERERS, DARKROOM_RENDER_DEADLINE, DARKROOM_RENDER_MEMORY and DARKROOM_RENDERER_MAX_RSS apply.`,
  operands: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    out: {
      type: 'string',
      short: 'o',
      value: 'DIR',
      meaning: 'folder for the outputs; made where it is not there',
    },
    pipeline: {
      type: 'string',
      short: 'p',
      value: 'FILE.json',
      meaning: 'a pipeline document; the default one without',
    },
    renderers: {
      type: 'string',
      value: 'N',
      meaning: 'processes that work at once; DARKROOM_RENDERERS without',
    },
    all: { type: 'boolean', meaning: 'also what a service would make when it is first asked for (AVIF)' },
  },
  examples: [
    {
      command: 'darkroom process photos --out web',
      meaning: 'all pictures under photos/, by the default pipeline',
    },
    {
      command: 'darkroom process a.jpg b.png -o web -p watermark.json',
      meaning:
        'two files, by a pipeline of your own; its watermark images are paths that start at its folder',
    },
    {
      command: 'darkroom process photos -o web --all --json > report.json',
      meaning: 'AVIF too, with a report for a script; exit code 1 where a file failed',
    },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    if (!options.out) throw new UsageError('--out is missing: say which folder the outputs go to.');
    const { settings: given } = read();
    const settings = { ...given, renderers: rendererCount(options.renderers, given) };
    const { checkOutFolder, findInputs } = await import('../process/inputs.ts');
    const { localPipeline, variantNames } = await import('../process/document.ts');
    const { OutputNames } = await import('../process/names.ts');
    const { processFiles } = await import('../process/process-files.ts');
    const { ProcessReport } = await import('../process/report.ts');

    const pipeline = await localPipeline(options.pipeline, options.all ?? false);
    const inputs = await findInputs(operands, signal);
    const outDir = await checkOutFolder(options.out, inputs);
    const names = new OutputNames(
      variantNames(pipeline.document),
      inputs.files.map(({ path }) => relative(outDir, path)),
    );
    const jobs = inputs.files.map((file) => ({ ...file, stem: names.claim(file.relativePath) }));
    const report = new ProcessReport(terminal, jobs, inputs.skipped);
    try {
      await processFiles({
        ...pipeline,
        jobs,
        outDir,
        settings,
        signal,
        onResult: (result) => report.add(result),
      });
    } catch (error) {
      report.end(signal.aborted);
      throw error;
    }
    const { failed, stopped } = report.end(signal.aborted);
    return failed > 0 || stopped ? 1 : 0;
  },
});

function rendererCount(text: string | undefined, settings: Settings): number {
  if (text === undefined) return settings.renderers;
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_RENDERERS) {
    throw new UsageError(
      `--renderers must be a whole number from 1 to ${MOST_RENDERERS}; got ${JSON.stringify(text)}.`,
    );
  }
  return count;
}
