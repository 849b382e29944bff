import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { defineCommand, UsageError } from '../command.ts';
import type { UploadJob, Way } from '../remote/upload.ts';

export const uploadCommand = defineCommand({
  name: 'upload',
  summary: 'send files and folders to a server',
  usage: [
    'upload <files|folders...> [--pipeline NAME] [--tag k=v] [--wait] [--resumable | --signed] [--json]',
  ],
  details: `A file is sent when the server has acknowledged it: then it survives a crash and a power cut. Files up to 8 MB go in one
request, larger ones in pieces that are resumed after a broken connection. Of folders, all pictures are sent.`,
  operands: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {
    pipeline: {
      type: 'string',
      short: 'p',
      value: 'NAME',
      meaning: 'the pipeline that is run; "default" without',
    },
    tag: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'k=v',
      meaning: 'a label for all of them; may be repeated',
    },
    wait: { type: 'boolean', short: 'w', meaning: 'wait until each is ready, or say why it is not' },
    resumable: { type: 'boolean', meaning: 'in pieces (tus 1.0), however small' },
    signed: { type: 'boolean', meaning: 'in one request to a signed URL, however large' },
  },
  examples: [
    {
      command: 'darkroom upload holiday/ --wait',
      meaning: 'all pictures of a folder; ends when all are ready',
    },
    {
      command: 'darkroom upload cat.jpg -p web -t team=web -t shoot=42',
      meaning: 'by a pipeline of yours, with two tags',
    },
    { command: "darkroom upload *.jpg --json | jq -r '.results[].image_id'", meaning: 'only the ids' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { settings } = read();
    const { parseTags } = await import('../remote/tags.ts');
    const { remoteOf } = await import('../remote/remote.ts');
    const { RESUMABLE_FROM } = await import('../remote/upload.ts');
    const { uploadAll } = await import('../remote/upload-all.ts');
    const { findInputs } = await import('../process/inputs.ts');
    const tags = parseTags(options.tag);
    const remote = remoteOf(settings, signal);
    const forced = forcedWay(options);
    const { files } = await findInputs(operands, signal);
    const jobs: UploadJob[] = [];
    for (const { path } of files) {
      // One that has gone in the meantime is told of when its turn comes.
      const { size } = await stat(path).catch(() => ({ size: 0 }));
      const pipeline = options.pipeline === undefined ? {} : { pipeline: options.pipeline };
      jobs.push({ path, filename: basename(path), size, tags, ...pipeline });
    }
    const wayFor = ({ size }: UploadJob): Way => forced ?? (size > RESUMABLE_FROM ? 'resumable' : 'direct');
    const { failed, stopped } = await uploadAll(jobs, {
      remote,
      terminal,
      wayFor,
      wait: options.wait ?? false,
    });
    return failed > 0 || stopped ? 1 : 0;
  },
});

function forcedWay({ resumable, signed }: { resumable?: boolean; signed?: boolean }): Way | undefined {
  if (resumable && signed) throw new UsageError('--resumable and --signed are two ways: choose one.');
  if (resumable) return 'resumable';
  return signed ? 'signed' : undefined;
}
