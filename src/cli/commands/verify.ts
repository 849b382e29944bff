import { isGone } from '../../images/states.ts';
import type { Platform } from '../../platform/platform.ts';
import type { VerifyReport } from '../../retention/verify.ts';
import { defineCommand } from '../command.ts';
import type { Terminal } from '../terminal.ts';
import { formatBytes, formatCount, plain } from '../text/format.ts';
import { Progress } from '../text/progress.ts';
import { snakeCased } from '../text/snake-case.ts';
import { formatTable } from '../text/table.ts';

export const verifyCommand = defineCommand({
  name: 'verify',
  summary:
    "check every object against its record's SHA-256, and the database; exit code 1 names what is wrong",
  usage: ['verify [--json]'],
  details:
    'Reads all that is stored and changes nothing. A service may be running on the data at the same time.',
  operands: { least: 0, most: 0 },
  options: {},
  examples: [
    { command: 'darkroom verify', meaning: 'after a crash of the machine, a disk error, a restore' },
    { command: 'darkroom verify --json', meaning: 'for a nightly job' },
  ],
  async run({ terminal, signal, settings: read }) {
    const { settings } = read();
    const { withData } = await import('../data.ts');
    const { verify } = await import('../../retention/verify.ts');
    const report = await withData(settings, async (platform, ports) => {
      const progress = new Progress({ total: await imagesIn(platform), screen: terminal.err });
      try {
        return await verify(ports, {
          signal,
          checkDatabase: () => platform.inspect(),
          onProgress: () => progress.advance(),
        });
      } finally {
        progress.end();
      }
    });
    terminal.document(snakeCased(report));
    tell(terminal, report);
    return report.sound ? 0 : 1;
  },
});

async function imagesIn({ upkeep }: Platform): Promise<number> {
  const counts = Object.entries(await upkeep.counts()) as [Parameters<typeof isGone>[0], number][];
  return counts.reduce((sum, [status, count]) => sum + (isGone(status) ? 0 : count), 0);
}

function tell(terminal: Terminal, report: VerifyReport): void {
  const rows = report.problems.map(({ kind, imageId, key, detail }) => [kind, imageId, key, plain(detail)]);
  const columns = ['what', 'image', 'object', 'detail'].map((title) => ({ title }));
  if (rows.length > 0) terminal.lines([...formatTable(columns, rows), '']);
  for (const fault of report.database) terminal.line(`database: ${plain(fault)}`);
  const { images, objects, bytes, orphans } = report;
  terminal.line(
    `${formatCount(images, 'image')}, ${formatCount(objects, 'object')}, ${formatBytes(bytes)} read: ` +
      (report.sound ? 'all sound' : `${formatCount(rows.length + report.database.length, 'problem')}`),
  );
  if (orphans.length > 0) {
    terminal.line(
      `${formatCount(orphans.length, 'object')} without a record; "darkroom reconcile" removes them`,
    );
  }
}
