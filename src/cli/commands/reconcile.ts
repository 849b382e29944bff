import { defineCommand } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';
import { formatTable } from '../text/table.ts';

export const reconcileCommand = defineCommand({
  name: 'reconcile',
  summary: 'find and mend what a crash left behind: objects without a record, records without their objects',
  usage: ['reconcile [--dry-run] [--json]'],
  details: `The service does this by itself at its start and every hour. What was written in the last ten minutes may be work under
way and is left alone. Repeating it is harmless.`,
  operands: { least: 0, most: 0 },
  options: {
    'dry-run': { type: 'boolean', meaning: 'only report, change nothing' },
  },
  examples: [
    { command: 'darkroom reconcile --dry-run', meaning: 'look first' },
    { command: 'darkroom reconcile', meaning: 'mend' },
  ],
  async run({ options, terminal, signal, settings: read }) {
    const { settings } = read();
    const { withData } = await import('../data.ts');
    const { reconcile } = await import('../../retention/reconcile.ts');
    const mend = !options['dry-run'];
    const report = await withData(settings, (_, ports) => reconcile(ports, { mend, signal }));
    terminal.document(snakeCased({ ...report, mended: mend }));
    const rows = report.findings.map(({ kind, imageId, keys, detail, done }) => [
      kind,
      imageId ?? keys[0] ?? '-',
      done,
      plain(detail),
    ]);
    const columns = ['what', 'image', 'done', 'detail'].map((title) => ({ title }));
    if (rows.length > 0) terminal.lines([...formatTable(columns, rows), '']);
    const found = formatCount(rows.length, 'disagreement');
    terminal.line(
      `${formatCount(report.images, 'image')} looked at, ${found} found${mend ? '' : ', nothing changed'}`,
    );
    if (mend)
      terminal.line(`${formatCount(report.leftoversRemoved, 'leftover file')} of interrupted work removed`);
    return 0;
  },
});
