import { defineCommand } from '../command.ts';
import { describeFault, type Fault } from '../describe-fault.ts';
import { plain } from '../text/format.ts';

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
    const remote = remoteOf(settings, signal);
    const erased: string[] = [];
    const failed: { image_id: string; error: Fault }[] = [];
    for (const imageId of new Set(operands)) {
      try {
        await remote.request('DELETE', imagePath(imageId));
        erased.push(imageId);
        terminal.line(`${plain(imageId)} erased`);
      } catch (error) {
        signal.throwIfAborted();
        const fault = describeFault(error);
        if (fault.status === 0 || fault.status === 401) throw error;
        failed.push({ image_id: imageId, error: fault });
        terminal.note(`${plain(imageId)}: ${plain(fault.message)} (${plain(fault.code)})`);
      }
    }
    terminal.document({ erased, failed });
    return failed.length > 0 ? 1 : 0;
  },
});
