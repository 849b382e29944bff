import { parseDuration } from '../../config-units.ts';
import { didYouMean } from '../../did-you-mean.ts';
import type { Status } from '../../images/image.ts';
import { isGone, transitions } from '../../images/states.ts';
import { defineCommand, type OptionValues, UsageError } from '../command.ts';
import { describeFault, type Fault } from '../describe-fault.ts';
import type { RecordPage, RemoteRecord } from '../remote/records.ts';
import type { Terminal } from '../terminal.ts';
import { formatBytes, formatTime, plain } from '../text/format.ts';
import { formatRow, type SizedColumn, titlesOf } from '../text/table.ts';

const MOST = 200;
/** What a reader may see. */
const STATUSES = (Object.keys(transitions) as Status[]).filter((status) => !isGone(status));

const options = {
  status: {
    type: 'string',
    short: 's',
    value: 'STATUS',
    meaning: `one of ${STATUSES.join(', ')}`,
  },
  tag: {
    type: 'string',
    short: 't',
    multiple: true,
    value: 'k=v',
    meaning: 'with this label; may be repeated',
  },
  user: { type: 'string', value: 'ID', meaning: 'of this user' },
  from: {
    type: 'string',
    value: 'TIME',
    meaning: 'uploaded since: 2025-06-01, 2025-06-01T10:00:00Z, or 36h for ago',
  },
  to: { type: 'string', value: 'TIME', meaning: 'uploaded before' },
  limit: { type: 'string', short: 'n', value: 'N', meaning: `at most so many, 1 to ${MOST}; 50 without` },
  cursor: { type: 'string', value: 'CURSOR', meaning: 'go on where an earlier list ended' },
  all: { type: 'boolean', short: 'a', meaning: 'all of them, page by page' },
} as const;

export const lsCommand = defineCommand({
  name: 'ls',
  summary: 'list the images of a server, newest first',
  usage: [
    'ls [--status STATUS] [--tag k=v] [--user ID] [--from TIME] [--to TIME] [--limit N | --all] [--cursor CURSOR] [--json]',
  ],
  operands: { least: 0, most: 0 },
  options,
  examples: [
    { command: 'darkroom ls', meaning: 'the newest 50' },
    { command: 'darkroom ls --status failed --from 24h', meaning: 'what failed since yesterday' },
    {
      command: "darkroom ls --all --tag team=web --json | jq -r '.images[].image_id'",
      meaning: 'all ids with a tag',
    },
  ],
  async run({ options: given, terminal, signal, settings: read }) {
    const query = await queryFrom(given);
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const { recordPages } = await import('../remote/records.ts');
    const remote = remoteOf(settings, signal);
    const start = given.cursor === undefined ? {} : { cursor: given.cursor };
    let listing: Listing | undefined;
    try {
      for await (const page of recordPages(remote, query, start)) {
        listing ??= new Listing(terminal);
        listing.add(page);
        if (!given.all) break;
      }
    } catch (error) {
      listing?.end({ error: describeFault(error) });
      throw error;
    }
    listing?.end({ next_cursor: listing.nextCursor ?? null });
    if (listing?.nextCursor !== undefined) {
      terminal.note(`\nThere are more: --cursor ${plain(listing.nextCursor)}, or --all`);
    }
    return 0;
  },
});

/** Images as they come, page by page: rows of a table, or pieces of one JSON document. */
class Listing {
  nextCursor: string | undefined;
  readonly #terminal: Terminal;
  readonly #write: (text: string) => void;
  #count = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#write = terminal.documentInPieces();
    this.#write('{"images": [');
    terminal.line(terminal.style('bold', titlesOf(columns)));
  }

  add({ images, next_cursor }: RecordPage): void {
    for (const image of images) {
      this.#write(`${this.#count === 0 ? '' : ','}\n${JSON.stringify(image)}`);
      this.#terminal.line(formatRow(columns, cellsOf(image)));
      this.#count += 1;
    }
    this.nextCursor = next_cursor ?? undefined;
  }

  /** @param rest what else the document says */
  end(rest: { readonly next_cursor: string | null } | { readonly error: Fault }): void {
    this.#write(`\n], ${JSON.stringify(rest).slice(1)}\n`);
  }
}

const columns: readonly SizedColumn[] = [
  { title: 'image', width: 36 },
  { title: 'status', width: 15 },
  { title: 'uploaded', width: 20 },
  { title: 'size', align: 'right', width: 7 },
  { title: 'pixels', align: 'right', width: 11 },
  { title: 'name', width: 60 },
];

function cellsOf({ image_id, status, upload_time, original }: RemoteRecord): string[] {
  const { size, width, height, filename } = original ?? {};
  return [
    plain(image_id),
    status,
    formatTime(upload_time),
    size === undefined ? '-' : formatBytes(size),
    width === undefined ? '-' : `${width} x ${height}`,
    plain(filename ?? '-'),
  ];
}

async function queryFrom(given: OptionValues<typeof options>): Promise<[string, string][]> {
  const { parseTags } = await import('../remote/tags.ts');
  const tags = Object.entries(parseTags(given.tag)).map(([key, value]): [string, string] => [
    `tag.${key}`,
    value,
  ]);
  const rows: [string, string | undefined][] = [
    ['status', statusFrom(given.status)],
    ['user_id', given.user],
    ['from', timeFrom('--from', given.from)],
    ['to', timeFrom('--to', given.to)],
    ['limit', given.all ? String(MOST) : limitFrom(given.limit)],
  ];
  return [...rows.filter((row): row is [string, string] => row[1] !== undefined), ...tags];
}

function statusFrom(text: string | undefined): string | undefined {
  if (text === undefined || STATUSES.some((status) => status === text)) return text;
  const meant = didYouMean(text, STATUSES);
  throw new UsageError(
    `There is no status ${JSON.stringify(text)}.${meant ? ` Did you mean ${meant}?` : ''}`,
  );
}

function limitFrom(text: string | undefined): string {
  if (text === undefined) return '50';
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST) return text;
  throw new UsageError(`--limit must be a whole number from 1 to ${MOST}; got ${JSON.stringify(text)}.`);
}

/** A time, or how long ago. */
function timeFrom(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new UsageError(
    `${option} must be a time such as 2025-06-01 or 2025-06-01T10:00:00Z, or how long ago, such as 36h; got ${JSON.stringify(text)}.`,
  );
}
