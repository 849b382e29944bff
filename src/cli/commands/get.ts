import { didYouMean } from '../../did-you-mean.ts';
import { defineCommand, type OptionValues, UsageError } from '../command.ts';
import { formatBytes } from '../text/format.ts';

const options = {
  variant: {
    type: 'string',
    value: 'NAME',
    meaning: 'thumbnail, medium, large, or what its pipeline makes; the largest without',
  },
  format: {
    type: 'string',
    short: 'f',
    value: 'FORMAT',
    meaning: 'jpeg, webp, avif, png or gif; the one that every browser shows without',
  },
  original: { type: 'boolean', meaning: 'the original, as it came' },
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    meaning: 'where to; a folder keeps the name, - is standard output',
  },
} as const;

export const getCommand = defineCommand({
  name: 'get',
  summary: 'fetch a picture from a server',
  usage: ['get <image id> [--variant NAME] [--format FORMAT] [--original] [--output FILE] [--json]'],
  details: `Without --output it is called as the server says, and an existing file is never overwritten. A format that is made when it
is first asked for (AVIF) may take a moment. The file appears when it is complete.`,
  operands: { least: 1, most: 1 },
  options,
  examples: [
    { command: 'darkroom get 0197a1c2-3b4d-7e5f-8a6b-0123456789ab', meaning: 'its largest picture' },
    {
      command: 'darkroom get 0197a1c2-3b4d-7e5f-8a6b-0123456789ab --variant medium -f avif -o cat.avif',
      meaning: 'this one',
    },
    {
      command: 'darkroom get 0197a1c2-3b4d-7e5f-8a6b-0123456789ab --original -o - | exiftool -',
      meaning: 'into a pipe',
    },
  ],
  async run({ options: given, operands: [imageId = ''], terminal, signal, settings: read }) {
    await checkOptions(given, terminal.json);
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const { fetchPicture } = await import('../remote/download.ts');
    const picture = await fetchPicture(remoteOf(settings, signal), imageId, given);
    if (given.output === '-') {
      await picture.writeTo(terminal.out);
      return 0;
    }
    const { file, size } = await picture.save(given.output);
    terminal.document({ image_id: imageId, file, size, content_type: picture.contentType });
    terminal.line(`${file}  ${formatBytes(size)}  ${picture.contentType}`);
    return 0;
  },
});

async function checkOptions(
  { original, variant, format, output }: OptionValues<typeof options>,
  json: boolean,
): Promise<void> {
  if (original && (variant !== undefined || format !== undefined)) {
    throw new UsageError('--original takes neither --variant nor --format: it is what came.');
  }
  const { FORMATS } = await import('../../images/image.ts');
  if (format !== undefined && !FORMATS.some((known) => known === format) && format !== 'jpg') {
    const meant = didYouMean(format, FORMATS);
    throw new UsageError(
      `There is no format ${JSON.stringify(format)}.${meant ? ` Did you mean ${meant}?` : ''}`,
    );
  }
  if (json && output === '-') throw new UsageError('--json and --output - both want standard output.');
}
