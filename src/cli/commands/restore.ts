import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount, formatTime, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';

export const restoreCommand = defineCommand({
  name: 'restore',
  summary: 'fill an empty data folder from a backup',
  usage: ['restore <folder> [--json]'],
  details: `Every file is compared with its checksum and the database is looked through; where anything is wrong, the data folder
is left empty. Images that were encrypted and have been erased since become erased ones here, too, for their keys are
gone. Start the service on it afterwards. The API key is the one of the backup.`,
  operands: { least: 1, most: 1 },
  options: {},
  examples: [
    {
      command: 'DARKROOM_DATA=./restored darkroom restore /backups/2025-06-01',
      meaning: 'into a new data folder',
    },
  ],
  async run({ operands: [folder = ''], terminal, signal, settings: read }) {
    const { settings } = read();
    const { restoreFrom } = await import('../../platform/embedded/restore.ts');
    const { CountNote } = await import('../text/count-note.ts');
    const note = new CountNote(terminal.err);
    const onProgress = (done: { objects: number; of: number; bytes: number }) =>
      note.show(`${done.objects} of ${formatCount(done.of, 'object')}, ${formatBytes(done.bytes)}`);
    const options = { signal, onProgress };
    const { recordedLocally } = await import('../audit/record-locally.ts');
    const report = await recordedLocally(
      settings,
      'data.restore',
      () => restoreFrom(resolve(folder), settings.dataDir, options).finally(() => note.end()),
      ({ objects }) => ({ objects }),
    );
    const { withData } = await import('../data.ts');
    const { followDestroyedKeys } = await import('../../retention/destroyed-keys.ts');
    const followed = await withData(settings, (_, ports) => followDestroyedKeys(ports, { signal }));
    terminal.document({ data: settings.dataDir, ...(snakeCased({ ...report, ...followed }) as object) });
    if (followed.erased > 0) {
      terminal.note(`${formatCount(followed.erased, 'image')} erased since the backup: their keys are gone`);
    }
    terminal.line(
      `${formatCount(report.objects, 'object')}, ${formatBytes(report.bytes)} of ${formatTime(report.createdAt)} in ${plain(settings.dataDir)}`,
    );
    return 0;
  },
});
