import { parseDuration } from '../../config-units.ts';
import { onlyOperand, pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Remote } from '../remote/remote.ts';
import type { Terminal } from '../terminal.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const keysCommand = defineCommand({
  name: 'keys',
  summary: 'the API keys of your tenant: list, make, revoke',
  usage: [
    'keys [ls] [--json]',
    'keys add <name> --role ROLE [--scope PERMISSION...] [--expires TIME]',
    'keys rm <id...>',
  ],
  details: `A key acts for whoever makes it, and never allows more. It is shown once. docs/access.md has the roles and their
permissions.`,
  operands: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    role: { type: 'string', short: 'r', value: 'ROLE', meaning: 'owner, editor, viewer, analyst or auditor' },
    scope: {
      type: 'string',
      short: 's',
      multiple: true,
      value: 'PERMISSION',
      meaning: 'only this of what the role allows; may be repeated',
    },
    expires: {
      type: 'string',
      value: 'TIME',
      meaning: 'how long it is good, such as 90d; until it is revoked without',
    },
  },
  examples: [
    { command: 'darkroom keys', meaning: 'which there are, and when each was last used' },
    {
      command: 'darkroom keys add "the camera in the hall" -r editor -s images:upload --expires 90d',
      meaning: 'one that can send images, and nothing else',
    },
    { command: 'darkroom keys rm 4fT0aQz81LmX', meaning: 'good for nothing from now on' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, ['ls', 'add', 'rm']);
    const order = action === 'add' ? orderOf(rest, options) : undefined;
    if (action === 'ls') assertNothing(rest);
    if (action === 'rm' && rest.length === 0)
      throw new UsageError('Something is missing: the id of the key.');
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const remote = remoteOf(settings, signal);
    if (order) await make(remote, order, terminal);
    else if (action === 'ls') await list(remote, terminal);
    else return await revoke(remote, rest, { terminal, signal });
    return 0;
  },
});

interface Order {
  readonly name: string;
  readonly role: string;
  readonly scopes?: readonly string[];
  readonly expires_in?: number;
}

type Given = { readonly role?: string; readonly scope?: readonly string[]; readonly expires?: string };

/** @throws UsageError */
function orderOf(rest: readonly string[], { role, scope, expires }: Given): Order {
  const name = onlyOperand(rest, 'what the key is for');
  if (role === undefined) throw new UsageError('Say what the key may do at most: --role ROLE.');
  return {
    name,
    role,
    ...(scope && { scopes: scope }),
    ...(expires !== undefined && { expires_in: secondsOf(expires) }),
  };
}

function secondsOf(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return Math.round(milliseconds / 1000);
  throw new UsageError(`--expires must be a time such as 90d or 12h; got ${JSON.stringify(text)}.`);
}

async function list(remote: Remote, terminal: Terminal): Promise<void> {
  const { ApiKeyList } = await import('../remote/access.ts');
  const { keys } = await remote.json(ApiKeyList, 'GET', '/v1/keys');
  terminal.document({ keys });
  const rows = keys.map(({ id, name, role, scopes, last_used_at: used, expires_at: ends }) => [
    plain(id),
    plain(name),
    plain(role),
    scopes === null ? 'all' : plain(scopes.join(' ')),
    used === null ? 'never' : formatTime(used),
    ends === null ? 'never' : formatTime(ends),
  ]);
  const columns = ['id', 'name', 'role', 'scopes', 'last used', 'ends'].map((title) => ({ title }));
  terminal.lines(keys.length === 0 ? ['There are none.'] : formatTable(columns, rows));
}

async function make(remote: Remote, order: Order, terminal: Terminal): Promise<void> {
  const { MadeApiKey } = await import('../remote/access.ts');
  const made = await remote.send(MadeApiKey, 'POST', '/v1/keys', order);
  terminal.document(made);
  // Alone on standard output, for a variable or a file.
  terminal.line(made.key);
}

async function revoke(
  remote: Remote,
  ids: readonly string[],
  about: { terminal: Terminal; signal: AbortSignal },
): Promise<0 | 1> {
  const { oneByOne } = await import('../remote/one-by-one.ts');
  const revokeOne = async (id: string) => {
    await remote.request('DELETE', `/v1/keys/${encodeURIComponent(id)}`);
  };
  const { done, failed } = await oneByOne(ids, revokeOne, { ...about, doneWord: 'revoked' });
  about.terminal.document({ revoked: done, failed });
  return failed.length > 0 ? 1 : 0;
}

function assertNothing([surplus]: readonly string[]): void {
  if (surplus !== undefined) throw new UsageError(`Too much: ${JSON.stringify(surplus)}.`);
}
