import { defineCommand } from '../command.ts';
import type { RemoteRecord } from '../remote/records.ts';
import type { Terminal } from '../terminal.ts';
import { formatBytes, formatDuration, formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const showCommand = defineCommand({
  name: 'show',
  summary: 'show the record of an image: its status, variants, steps, metadata',
  usage: ['show <image id> [--wait] [--json]'],
  operands: { least: 1, most: 1 },
  options: {
    wait: { type: 'boolean', short: 'w', meaning: 'wait until it is ready, rejected or failed' },
  },
  examples: [
    { command: 'darkroom show 0197a1c2-3b4d-7e5f-8a6b-0123456789ab', meaning: 'for people' },
    {
      command: "darkroom show 0197a1c2-3b4d-7e5f-8a6b-0123456789ab --wait --json | jq '.variants[].url'",
      meaning: 'the whole record, for scripts',
    },
  ],
  async run({ options, operands: [imageId = ''], terminal, signal, settings: read }) {
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const { readRecord, settledRecord } = await import('../remote/records.ts');
    const remote = remoteOf(settings, signal);
    const now = await readRecord(remote, imageId);
    const record = options.wait ? await settledRecord(remote, imageId) : now;
    terminal.document(record);
    tell(terminal, record);
    return 0;
  },
});

function tell(terminal: Terminal, record: RemoteRecord): void {
  const rows = facts(record);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) terminal.line(`${name.padEnd(width)}  ${plain(value)}`);
  if (record.variants.length > 0) terminal.lines(['', ...variantTable(record)]);
  if (record.steps.length > 0) terminal.lines(['', ...stepTable(record)]);
}

function facts(record: RemoteRecord): [string, string][] {
  const { original, error, placeholder } = record;
  const rows: [string, string | undefined][] = [
    ['image', record.image_id],
    ['status', record.status],
    ['error', error && `${error.message} (${error.code})`],
    ['name', original?.filename],
    ['original', original && originalLine(original)],
    ['sha256', original?.sha256],
    ['pipeline', `${record.pipeline.name}, version ${record.pipeline.version}`],
    ['source', record.source],
    ['tags', pairs(record.tags)],
    ['metadata', pairs(record.metadata)],
    ['color', placeholder?.dominant_color],
    ['uploaded', formatTime(record.upload_time)],
    ['processed', record.processed_at && formatTime(record.processed_at)],
    ['expires', formatTime(record.expires_at)],
    ['url', record.processed_url],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}

function originalLine({
  content_type,
  size,
  width,
  height,
  pages,
}: NonNullable<RemoteRecord['original']>): string {
  const pixels = width === undefined ? [] : [`${width} x ${height}`];
  const frames = pages !== undefined && pages > 1 ? [`${pages} frames`] : [];
  return [content_type, formatBytes(size), ...pixels, ...frames].join(', ');
}

function pairs(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

function variantTable({ variants }: RemoteRecord): string[] {
  const rows = variants.map(({ name, format, width, height, size, url }) => [
    name,
    format,
    `${width} x ${height}`,
    formatBytes(size),
    plain(url),
  ]);
  const columns = [
    { title: 'variant' },
    { title: 'format' },
    { title: 'pixels', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'url' },
  ];
  return formatTable(columns, rows);
}

function stepTable({ steps }: RemoteRecord): string[] {
  const rows = steps.map(({ name, status, duration_ms, attempts, note, error }) => [
    name,
    status,
    formatDuration(duration_ms),
    String(attempts),
    plain(error ? `${error.message} (${error.code})` : (note ?? '')),
  ]);
  const columns = [
    { title: 'step' },
    { title: 'status' },
    { title: 'time', align: 'right' as const },
    { title: 'attempts', align: 'right' as const },
    { title: 'note' },
  ];
  return formatTable(columns, rows);
}
