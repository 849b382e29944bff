import { onlyOperand, pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Remote } from '../remote/remote.ts';
import type { Delivery, Webhook } from '../remote/webhooks.ts';
import type { Terminal } from '../terminal.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

const actions = ['ls', 'add', 'rm', 'deliveries', 'replay', 'test'] as const;
type Action = (typeof actions)[number];

export const webhooksCommand = defineCommand({
  name: 'webhooks',
  summary: 'addresses that are told of events: list, add, remove, look what was sent, send it again',
  usage: [
    'webhooks [ls] [--json]',
    'webhooks add <url> [--event TYPE...] [--description TEXT]',
    'webhooks rm <id...>',
    'webhooks deliveries <id> [--limit N] [--json]',
    'webhooks replay <id> <delivery...>',
    'webhooks test <id>',
  ],
  details: `What is sent is signed with a secret that "add" shows once, as Standard Webhooks says, and tried again for a day where
nobody takes it. docs/notices.md has all of it.`,
  operands: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    event: {
      type: 'string',
      short: 'e',
      multiple: true,
      value: 'TYPE',
      meaning: 'tell of this; may be repeated; without it of image.ready, image.rejected and image.failed',
    },
    description: { type: 'string', value: 'TEXT', meaning: 'what it is for: shown in lists and mails' },
    limit: { type: 'string', value: 'N', meaning: 'at most so many deliveries; 50 without' },
  },
  examples: [
    {
      command: 'darkroom webhooks add https://shop.example/hooks',
      meaning: 'tell the shop; prints the secret',
    },
    { command: 'darkroom webhooks test wh_0198', meaning: 'does it answer?' },
    { command: 'darkroom webhooks deliveries wh_0198', meaning: 'what was sent, and what came back' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, actions);
    assertOperands(action, rest);
    const limit = limitOf(options.limit);
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const remote = remoteOf(settings, signal);
    const about = { remote, terminal, signal };
    if (action === 'ls') return list(about);
    if (action === 'add') return add(about, rest, options);
    if (action === 'rm') return remove(about, rest);
    if (action === 'deliveries') return deliveries(about, rest, limit);
    return action === 'replay' ? replay(about, rest) : tryOut(about, rest);
  },
});

interface About {
  readonly remote: Remote;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** @throws UsageError */
function assertOperands(action: Action, rest: readonly string[]): void {
  if (action === 'ls') {
    if (rest[0] !== undefined) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
  } else if (action === 'rm' || action === 'replay') {
    if (rest.length === 0) throw new UsageError('Something is missing: the id of the webhook.');
    if (action === 'replay' && rest.length === 1) {
      throw new UsageError('Something is missing: the id of the delivery; "deliveries" lists them.');
    }
  } else onlyOperand(rest, action === 'add' ? 'the address to tell' : 'the id of the webhook');
}

/** @throws UsageError */
function limitOf(text = '50'): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= 10_000) return limit;
  throw new UsageError(`--limit must be a whole number from 1 to 10000; got ${JSON.stringify(text)}.`);
}

async function list({ remote, terminal }: About): Promise<0> {
  const { listWebhooks } = await import('../remote/webhooks.ts');
  const webhooks = await listWebhooks(remote);
  terminal.document({ webhooks });
  const rows = webhooks.map((each) => [
    plain(each.id),
    plain(each.url),
    plain(each.events.join(' ')),
    stateOf(each),
  ]);
  const columns = ['id', 'address', 'events', 'state'].map((title) => ({ title }));
  terminal.lines(webhooks.length === 0 ? ['There are none.'] : formatTable(columns, rows));
  return 0;
}

function stateOf({ active, failing_since: failing, disabled_because: because }: Webhook): string {
  if (!active) return because === null ? 'inactive' : `inactive: ${plain(because)}`;
  return failing === null ? 'active' : `fails since ${formatTime(failing)}`;
}

type Wishes = { readonly event?: readonly string[]; readonly description?: string };

async function add({ remote, terminal }: About, [url = '']: readonly string[], wishes: Wishes): Promise<0> {
  const { makeWebhook } = await import('../remote/webhooks.ts');
  const { event: events, description } = wishes;
  const made = await makeWebhook(remote, {
    url,
    ...(events && { events }),
    ...(description !== undefined && { description }),
  });
  terminal.document(made);
  terminal.note(`${plain(made.id)} is told from now on. Its secret, shown this one time:`);
  // Alone on standard output, for a variable or a file.
  terminal.line(made.secret);
  return 0;
}

async function remove({ remote, terminal, signal }: About, ids: readonly string[]): Promise<0 | 1> {
  const { removeWebhook } = await import('../remote/webhooks.ts');
  const { oneByOne } = await import('../remote/one-by-one.ts');
  const about = { terminal, signal, doneWord: 'is told nothing more' };
  const { done, failed } = await oneByOne(ids, (id) => removeWebhook(remote, id), about);
  terminal.document({ removed: done, failed });
  return failed.length > 0 ? 1 : 0;
}

async function deliveries(
  { remote, terminal }: About,
  [id = '']: readonly string[],
  limit: number,
): Promise<0> {
  const { newestDeliveries } = await import('../remote/webhooks.ts');
  const found = await newestDeliveries(remote, id, limit);
  terminal.document({ deliveries: found });
  const rows = found.map((each) => [
    plain(each.id),
    plain(each.event),
    plain(each.image_id ?? ''),
    plain(each.state),
    String(each.attempts.length),
    lastOf(each),
    each.next_attempt_at === null ? '' : formatTime(each.next_attempt_at),
  ]);
  const columns = ['id', 'event', 'image', 'state', 'attempts', 'last', 'next'].map((title) => ({ title }));
  terminal.lines(found.length === 0 ? ['There are none.'] : formatTable(columns, rows));
  return 0;
}

function lastOf({ attempts }: Delivery): string {
  const last = attempts.at(-1);
  if (!last) return 'none yet';
  return `${last.status ?? plain(last.error ?? '')} in ${last.duration_ms} ms`;
}

async function replay(
  { remote, terminal, signal }: About,
  [id = '', ...ids]: readonly string[],
): Promise<0 | 1> {
  const { replayDelivery } = await import('../remote/webhooks.ts');
  const { oneByOne } = await import('../remote/one-by-one.ts');
  const about = { terminal, signal, doneWord: 'is sent again' };
  const { done, failed } = await oneByOne(ids, (each) => replayDelivery(remote, id, each), about);
  terminal.document({ replayed: done, failed });
  return failed.length > 0 ? 1 : 0;
}

async function tryOut({ remote, terminal }: About, [id = '']: readonly string[]): Promise<0 | 1> {
  const { tryWebhook } = await import('../remote/webhooks.ts');
  const delivery = await tryWebhook(remote, id);
  terminal.document(delivery);
  const isTaken = delivery.state === 'delivered';
  terminal.line(`${isTaken ? 'It was taken' : 'It was not taken'}: ${lastOf(delivery)}.`);
  return isTaken ? 0 : 1;
}
