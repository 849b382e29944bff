import { type SettingName, settingsTable } from '../../config.ts';
import { fileKey, type Origin, type Setting } from '../../config-reading.ts';
import { defineCommand } from '../command.ts';
import { plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const configCommand = defineCommand({
  name: 'config',
  summary: 'print every setting: its value, default, unit, where the value came from, what it means',
  usage: ['config [--config FILE] [--json]'],
  details: `Settings come from the environment (DARKROOM_*), else from a JSON file (--config or DARKROOM_CONFIG), else from
their defaults. The key in the file is the variable in lower case without DARKROOM_: {"retention": "7d"}.
Secrets are never printed.`,
  operands: { least: 0, most: 0 },
  options: {},
  examples: [
    { command: 'darkroom config', meaning: 'what a service started here and now would run with' },
    { command: 'DARKROOM_RETENTION=30s darkroom config', meaning: 'check a value before using it' },
    { command: 'darkroom config --config darkroom.json --json', meaning: 'for a script' },
  ],
  async run({ terminal, settings: read }) {
    const { settings, origins } = read();
    const rows = Object.entries<Setting>(settingsTable).map(([name, row]) =>
      described(row, settings[name as SettingName], origins[name as SettingName]),
    );
    terminal.document({ settings: rows });
    const cells = rows.map((row) => [
      row.variable,
      plain(row.value ?? '-'),
      row.default ?? row.default_meaning ?? '-',
      row.unit,
      row.origin,
      row.meaning,
    ]);
    const columns = ['setting', 'value', 'default', 'unit', 'origin', 'meaning'].map((title) => ({ title }));
    const [titles = '', ...lines] = formatTable(columns, cells);
    terminal.line(terminal.style('bold', titles));
    terminal.lines(lines);
    return 0;
  },
});

function described(row: Setting, value: unknown, origin: Origin) {
  const fallback = typeof row.fallback === 'function' ? row.fallback() : row.fallback;
  return {
    variable: row.variable,
    key: fileKey(row),
    value: value === undefined ? null : shown(row, value, origin),
    default: fallback ?? null,
    default_meaning: row.fallbackMeaning ?? null,
    unit: row.unit,
    origin,
    secret: row.isSecret ?? false,
    meaning: row.meaning,
  };
}

/** As it would be written; a default as the table writes it, only a folder in full. */
function shown(row: Setting, value: unknown, origin: Origin): string {
  const isAsWritten = origin === 'default' && typeof row.fallback === 'string' && row.unit !== 'folder';
  return isAsWritten ? String(row.fallback) : row.show(value);
}
