import { defineCommand } from '../command.ts';
import { formatBytes, formatCount, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';

export const sweepCommand = defineCommand({
  name: 'sweep',
  summary: 'delete now what has expired: objects, variants, records, uploads that were given up',
  usage: ['sweep [--json]'],
  details: `The service does this by itself every DARKROOM_SWEEP_INTERVAL; both may run at the same time. Readers never see an
expired image, swept or not.`,
  operands: { least: 0, most: 0 },
  options: {},
  examples: [
    { command: 'darkroom sweep', meaning: 'free the space now' },
    { command: 'darkroom sweep --json', meaning: 'with the ids of all that was deleted' },
  ],
  async run({ terminal, signal, settings: read }) {
    const { settings } = read();
    const { withData } = await import('../data.ts');
    const { sweep } = await import('../../retention/sweep.ts');
    const periods = { abandonedUpload: settings.uploadExpiryMs, tombstone: settings.tombstonesMs };
    const { recordLocally } = await import('../audit/record-locally.ts');
    const report = await withData(settings, async (platform, ports) => {
      const swept = await sweep(ports, { signal, periods });
      await recordLocally(platform, 'data.sweep', { expired: swept.expired.length });
      return swept;
    });
    terminal.document(snakeCased(report));
    terminal.lines([
      `${formatCount(report.expired.length, 'image')} expired`,
      `${formatCount(report.abandonedUploads.length, 'unfinished upload')} given up`,
      `${formatCount(report.objectsDeleted, 'object')} deleted, ${formatBytes(report.bytesDeleted)}`,
      `${formatCount(report.leftoversRemoved, 'leftover file')} of interrupted work removed`,
      `${formatCount(report.tombstonesForgotten, 'tombstone')} and ${formatCount(report.eventsForgotten, 'event')} forgotten`,
    ]);
    for (const { imageId, code, message } of report.faults) {
      terminal.note(`not done, the next sweep tries again: ${imageId ?? ''} ${plain(message)} (${code})`);
    }
    return report.faults.length > 0 ? 1 : 0;
  },
});
