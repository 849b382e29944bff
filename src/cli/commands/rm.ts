import { defineCommand } from '../command.ts';

export const rmCommand = defineCommand({
  name: 'rm',
  summary: 'erase images now: original, variants, record',
  usage: ['rm <image id...> [--json]'],
  details: 'What is erased is gone for good. An image that is not there counts as a failure.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {},
  examples: [
    { command: 'darkroom rm 0197a1c2-3b4d-7e5f-8a6b-0123456789ab', meaning: 'one' },
    {
      command: "darkroom ls --all --tag shoot=42 --json | jq -r '.images[].image_id' | xargs -r darkroom rm",
      meaning: 'all with a tag',
    },
  ],
  async run({ operands, terminal, signal, settings: read }) {
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const { imagePath } = await import('../remote/records.ts');
    const { oneByOne } = await import('../remote/one-by-one.ts');
    const remote = remoteOf(settings, signal);
    const erase = (imageId: string) => remote.request('DELETE', imagePath(imageId));
    const { done, failed } = await oneByOne(operands, erase, { terminal, signal, doneWord: 'erased' });
    terminal.document({ erased: done, failed });
    return failed.length > 0 ? 1 : 0;
  },
});
