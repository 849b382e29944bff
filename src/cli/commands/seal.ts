import { defineCommand } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';

export const sealCommand = defineCommand({
  name: 'seal',
  summary: 'encrypt what was stored before there was a master key',
  usage: ['seal [--json]'],
  details: `Start the service with DARKROOM_MASTER_KEY first; it may be running meanwhile. Repeating it is harmless. Once all is
encrypted, the next start takes an object that is not for damaged: nobody can slip one in.`,
  operands: { least: 0, most: 0 },
  options: {},
  examples: [{ command: 'darkroom seal', meaning: 'exit code 1 where an object could not be encrypted' }],
  async run({ terminal, signal, settings: read }) {
    const { settings } = read();
    const { sealData } = await import('../../platform/embedded/seal-data.ts');
    const { encryptionFrom } = await import('../../platform/embedded/encryption-settings.ts');
    const { CountNote } = await import('../text/count-note.ts');
    const note = new CountNote(terminal.err);
    const onProgress = ({ lookedAt, sealed }: { lookedAt: number; sealed: number }) =>
      note.show(`${formatCount(lookedAt, 'object')}, ${sealed} encrypted`);
    const options = { signal, onProgress };
    const { recordedLocally } = await import('../audit/record-locally.ts');
    const report = await recordedLocally(
      settings,
      'data.seal',
      () => sealData(settings.dataDir, encryptionFrom(settings), options).finally(() => note.end()),
      ({ sealed, failed }) => ({ sealed, failed: failed.length }),
    );
    terminal.document(report);
    for (const { key, detail } of report.failed) terminal.note(`${key}: ${plain(detail)}`);
    terminal.line(`${formatCount(report.looked_at, 'object')} looked at, ${report.sealed} encrypted`);
    return report.failed.length > 0 ? 1 : 0;
  },
});
