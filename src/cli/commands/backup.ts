import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { formatBytes, formatCount, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';

export const backupCommand = defineCommand({
  name: 'backup',
  summary: "write a backup of this machine's data, also of a running service, into an empty folder",
  usage: ['backup <folder> [--json]'],
  details: `The database as it is at one moment, every object that it names, and a manifest with all checksums. Unfinished
resumable uploads are not in it, and neither are the keys of encrypted data ("darkroom help keyring"). It is complete when the command has ended with exit code 0, and durable.`,
  operands: { least: 1, most: 1 },
  options: {},
  examples: [
    { command: 'darkroom backup /backups/2025-06-01', meaning: 'while the service runs' },
    {
      command: 'DARKROOM_DATA=/var/lib/darkroom darkroom backup /mnt/backup --json',
      meaning: 'of data elsewhere, for a script; exit code 1 where something in the data itself is damaged',
    },
  ],
  async run({ operands: [folder = ''], terminal, signal, settings: read }) {
    const { settings } = read();
    const { backupTo } = await import('../../platform/embedded/backup.ts');
    const { CountNote } = await import('../text/count-note.ts');
    const note = new CountNote(terminal.err);
    const onProgress = ({ images, bytes }: { images: number; bytes: number }) =>
      note.show(`${formatCount(images, 'image')}, ${formatBytes(bytes)}`);
    const target = resolve(folder);
    const { encryptionFrom } = await import('../../platform/embedded/encryption-settings.ts');
    const options = { signal, onProgress, encryption: encryptionFrom(settings) };
    const { recordedLocally } = await import('../audit/record-locally.ts');
    const report = await recordedLocally(
      settings,
      'data.backup',
      () => backupTo(settings.dataDir, target, options).finally(() => note.end()),
      ({ images, objects, damaged }) => ({ images, objects, damaged: damaged.length }),
    );
    terminal.document({ folder: target, ...(snakeCased(report) as object) });
    const { images, objects, bytes, notes, damaged } = report;
    for (const line of damaged) terminal.note(`damaged: ${plain(line)}`);
    for (const line of notes) terminal.note(plain(line));
    terminal.line(
      `${formatCount(images, 'image')}, ${formatCount(objects, 'object')}, ${formatBytes(bytes)} in ${plain(target)}`,
    );
    return damaged.length > 0 ? 1 : 0;
  },
});
