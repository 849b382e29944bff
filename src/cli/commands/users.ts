import { onlyOperand, pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Remote } from '../remote/remote.ts';
import type { Terminal } from '../terminal.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const usersCommand = defineCommand({
  name: 'users',
  summary: 'the people of your tenant: list, invite, change their role, suspend them',
  usage: [
    'users [ls] [--json]',
    'users invite <address> --role ROLE',
    'users role <user id> --role ROLE',
    'users suspend <user id>',
    'users resume <user id>',
  ],
  details: `An invitation is a mail with a link that is good once, for seven days. Who is suspended may do nothing from then on, nor may
the API keys that this person has made.`,
  operands: { least: 0, most: 2 },
  options: {
    role: { type: 'string', short: 'r', value: 'ROLE', meaning: 'owner, editor, viewer, analyst or auditor' },
  },
  examples: [
    { command: 'darkroom users', meaning: 'who is here, as what, and when last' },
    { command: 'darkroom users invite ada@example.com --role editor', meaning: 'sends the mail' },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, ['ls', 'invite', 'role', 'suspend', 'resume']);
    const call = { rest, role: options.role, terminal };
    const act = actions[action](call);
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    await act(remoteOf(settings, signal));
    return 0;
  },
});

interface UsersCall {
  readonly rest: readonly string[];
  readonly role: string | undefined;
  readonly terminal: Terminal;
}

/** Each reads what it was given, then answers what there is to do. @throws UsageError */
const actions = {
  ls({ rest, terminal }: UsersCall) {
    if (rest.length > 0) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
    return (remote: Remote) => list(remote, terminal);
  },
  invite({ rest, role, terminal }: UsersCall) {
    const order = { email: onlyOperand(rest, 'the address'), role: given(role) };
    return (remote: Remote) => invite(remote, order, terminal);
  },
  role(call: UsersCall) {
    return change(call, { role: given(call.role) });
  },
  suspend(call: UsersCall) {
    return change(call, { status: 'suspended' });
  },
  resume(call: UsersCall) {
    return change(call, { status: 'active' });
  },
} as const;

function given(role: string | undefined): string {
  if (role !== undefined) return role;
  throw new UsageError('Say what the person may do: --role ROLE.');
}

async function list(remote: Remote, terminal: Terminal): Promise<void> {
  const { UserList } = await import('../remote/access.ts');
  const { users } = await remote.json(UserList, 'GET', '/v1/users');
  terminal.document({ users });
  const rows = users.map(({ user_id: id, email, role, status, last_seen_at: seen }) => [
    plain(id),
    plain(email ?? '-'),
    plain(role),
    plain(status),
    seen === null ? 'never' : formatTime(seen),
  ]);
  const columns = ['id', 'address', 'role', 'status', 'last seen'].map((title) => ({ title }));
  terminal.lines(users.length === 0 ? ['There is nobody yet.'] : formatTable(columns, rows));
}

async function invite(
  remote: Remote,
  order: { email: string; role: string },
  terminal: Terminal,
): Promise<void> {
  const { Invitation } = await import('../remote/access.ts');
  const invitation = await remote.send(Invitation, 'POST', '/v1/invitations', order);
  terminal.document(invitation);
  terminal.line(`${plain(invitation.email)} is invited as ${plain(invitation.role)}`);
}

function change({ rest, terminal }: UsersCall, to: Readonly<Record<string, string>>) {
  const id = onlyOperand(rest, 'the id of the person');
  return async (remote: Remote) => {
    const { User } = await import('../remote/access.ts');
    const user = await remote.send(User, 'PATCH', `/v1/users/${encodeURIComponent(id)}`, to);
    terminal.document(user);
    terminal.line(`${plain(user.email ?? user.user_id)}: ${plain(user.role)}, ${plain(user.status)}`);
  };
}
