import { pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { DeadLetter } from '../remote/dead-letters.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const deadLettersCommand = defineCommand({
  name: 'dead-letters',
  summary: 'work that was given up after its last try: list it, try it again, forget it',
  usage: [
    'dead-letters [list] [--json]',
    'dead-letters redrive <id...> | --all',
    'dead-letters drop <id...> | --all',
  ],
  details: `Work ends here after five tries, or when it killed its renderer three times; its image is "failed". Find and mend the
reason first, then redrive: the count begins again.`,
  operands: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    all: { type: 'boolean', short: 'a', meaning: 'redrive or drop all of them' },
  },
  examples: [
    { command: 'darkroom dead-letters', meaning: 'what was given up, and why' },
    { command: 'darkroom dead-letters redrive --all', meaning: 'try all of it again' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, ['list', 'redrive', 'drop']);
    if (action === 'list' && rest.length > 0) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
    if (action !== 'list' && rest.length > 0 === (options.all ?? false)) {
      throw new UsageError(`Say which to ${action}: their ids, or --all.`);
    }
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const { allDeadLetters, drop, redrive } = await import('../remote/dead-letters.ts');
    const { oneByOne } = await import('../remote/one-by-one.ts');
    const remote = remoteOf(settings, signal);
    if (action === 'list') {
      const letters = await allDeadLetters(remote);
      terminal.document({ dead_letters: letters });
      terminal.lines(letters.length === 0 ? ['There are none.'] : tableOf(letters));
      return 0;
    }
    const ids = options.all ? (await allDeadLetters(remote)).map(({ id }) => id) : rest;
    const act = action === 'redrive' ? redrive : drop;
    const doneWord = action === 'redrive' ? 'is tried again' : 'dropped';
    const { done, failed } = await oneByOne(ids, (id) => act(remote, id), { terminal, signal, doneWord });
    terminal.document({ [action === 'redrive' ? 'redriven' : 'dropped']: done, failed });
    return failed.length > 0 ? 1 : 0;
  },
});

function tableOf(letters: readonly DeadLetter[]): string[] {
  const rows = letters.map(({ id, image_id, kind, receives, buried_at, reason }) => [
    plain(id),
    plain(image_id),
    plain(kind),
    String(receives),
    formatTime(buried_at),
    `${plain(reason.message)} (${plain(reason.code)})`,
  ]);
  const columns = ['id', 'image', 'work', 'tries', 'given up', 'why'].map((title) => ({ title }));
  return formatTable(columns, rows);
}
