import { duration } from '../../config-kinds.ts';
import { defineCommand, UsageError } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';
import { formatTable } from '../text/table.ts';

export const reconcileCommand = defineCommand({
  name: 'reconcile',
  summary: 'find and mend what a crash left behind: objects without a record, records without their objects',
  usage: ['reconcile [--dry-run] [--grace DURATION] [--json]'],
  details: `The service does this by itself at its start and every hour. What was written in the last ten minutes may be work under
way and is left alone, unless --grace says otherwise: 0s is for a service that is stopped. Repeating it is harmless.`,
  operands: { least: 0, most: 0 },
  options: {
    'dry-run': { type: 'boolean', meaning: 'only report, change nothing' },
    grace: {
      type: 'string',
      value: 'DURATION',
      meaning: 'leave alone what is younger than this; 10m by default',
    },
  },
  examples: [
    { command: 'darkroom reconcile --dry-run', meaning: 'look first' },
    { command: 'darkroom reconcile', meaning: 'mend' },
    { command: 'darkroom reconcile --grace 0s', meaning: 'mend everything, while no service runs' },
  ],
  async run({ options, terminal, signal, settings: read }) {
    const { settings } = read();
    const { withData } = await import('../data.ts');
    const { reconcile } = await import('../../retention/reconcile.ts');
    const mend = !options['dry-run'];
    const grace = options.grace === undefined ? {} : { graceMs: readGrace(options.grace) };
    const { recordLocally } = await import('../audit/record-locally.ts');
    const report = await withData(settings, async (platform, ports) => {
      const found = await reconcile(ports, { mend, signal, ...grace });
      if (mend) await recordLocally(platform, 'data.reconcile', { findings: found.findings.length });
      return found;
    });
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

function readGrace(text: string): number {
  const kind = duration('0ms', '3650d');
  const graceMs = kind.parse(text, '');
  if (graceMs === undefined)
    throw new UsageError(`--grace takes ${kind.expects}; got ${JSON.stringify(text)}.`);
  return graceMs;
}
