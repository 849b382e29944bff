import { parseDuration } from '../../config-units.ts';
import { onlyOperand, pickAction } from '../actions.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { Remote } from '../remote/remote.ts';
import type { SigningKey, Tenant } from '../remote/tenant.ts';
import type { Terminal } from '../terminal.ts';
import { formatTime, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

export const tenantCommand = defineCommand({
  name: 'tenant',
  summary: 'the settings of your tenant: who sees its images, signing keys, retention',
  usage: [
    'tenant [get] [--json]',
    'tenant set <name=value...>',
    'tenant keys [ls]',
    'tenant keys add [--inactive] [--previous-ends-in TIME]',
    'tenant keys activate <id> [--previous-ends-in TIME]',
    'tenant keys rm <id>',
  ],
  details: `Settings are delivery (public or signed), imgix_token, retention (such as 30d), cors_origins (by comma) and quotas.bytes_stored,
quotas.images_per_day, quotas.renders_per_minute; none gives one its default back. The secret of a key is printed when it is
made, and never again. Links of other keys stay good until their key is removed or ends.`,
  operands: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    inactive: { type: 'boolean', meaning: 'the new key only verifies; the one that signs goes on to' },
    'previous-ends-in': {
      type: 'string',
      value: 'TIME',
      meaning:
        'how long the key that signed so far goes on to verify, such as 7d; until it is removed without',
    },
  },
  examples: [
    { command: 'darkroom tenant set delivery=signed', meaning: 'nobody sees an image without a signed URL' },
    {
      command: 'darkroom tenant keys add --previous-ends-in 7d',
      meaning: 'a new key; old links end in a week',
    },
  ],
  async run({ options, operands, terminal, signal, settings: read }) {
    const { action, rest } = pickAction(operands, ['get', 'set', 'keys']);
    const order = { inactive: options.inactive ?? false, rotation: rotationOf(options['previous-ends-in']) };
    const { settings } = read();
    const { remoteOf } = await import('../remote/remote.ts');
    const open = () => remoteOf(settings, signal);
    await actions[action]({ terminal, rest, order, open });
    return 0;
  },
});

interface TenantCall {
  readonly terminal: Terminal;
  readonly rest: readonly string[];
  readonly order: { readonly inactive: boolean; readonly rotation: { previous_ends_in?: number } };
  /** @throws UsageError */
  open(): Remote;
}

const actions = { get: show, set: change, keys: manageKeys } as const;
const keyActions = { ls: listKeys, add: addKey, activate: activateKey, rm: removeKey } as const;

async function show({ terminal, rest, open }: TenantCall): Promise<void> {
  nothingElse(rest);
  const { Tenant, TENANT_PATH } = await import('../remote/tenant.ts');
  tell(terminal, await open().json(Tenant, 'GET', TENANT_PATH));
}

async function change({ terminal, rest, open }: TenantCall): Promise<void> {
  const { patchOf, Tenant, TENANT_PATH } = await import('../remote/tenant.ts');
  const patch = patchOf(rest);
  tell(terminal, await open().send(Tenant, 'PATCH', TENANT_PATH, patch));
}

async function manageKeys(call: TenantCall): Promise<void> {
  const { action, rest } = pickAction(call.rest, ['ls', 'add', 'activate', 'rm']);
  await keyActions[action]({ ...call, rest });
}

async function listKeys({ terminal, rest, open }: TenantCall): Promise<void> {
  nothingElse(rest);
  const { Tenant, TENANT_PATH } = await import('../remote/tenant.ts');
  const { signing_keys: keys } = await open().json(Tenant, 'GET', TENANT_PATH);
  terminal.document({ signing_keys: keys });
  terminal.lines(keys.length === 0 ? ['There are none yet: the first link makes one.'] : tableOf(keys));
}

async function addKey({ terminal, rest, order, open }: TenantCall): Promise<void> {
  nothingElse(rest);
  const { KEYS_PATH, MadeKey } = await import('../remote/tenant.ts');
  const wanted = { ...order.rotation, make_active: !order.inactive };
  const made = await open().send(MadeKey, 'POST', KEYS_PATH, wanted);
  terminal.document(made);
  terminal.line(`${plain(made.id)} ${plain(made.secret)}`);
  terminal.note('This is the only time that the secret is shown.');
}

async function activateKey({ terminal, rest, order, open }: TenantCall): Promise<void> {
  const id = onlyOperand(rest, 'the id of the key');
  const { KEYS_PATH, SigningKey } = await import('../remote/tenant.ts');
  const path = `${KEYS_PATH}/${encodeURIComponent(id)}/activate`;
  const key = await open().send(SigningKey, 'POST', path, order.rotation);
  terminal.document(key);
  terminal.line(`${plain(key.id)} signs new links`);
}

async function removeKey({ terminal, rest, open }: TenantCall): Promise<void> {
  const id = onlyOperand(rest, 'the id of the key');
  const { KEYS_PATH } = await import('../remote/tenant.ts');
  await open().request('DELETE', `${KEYS_PATH}/${encodeURIComponent(id)}`);
  terminal.document({ removed: id });
  terminal.line(`${plain(id)} removed`);
}

function tell(terminal: Terminal, tenant: Tenant): void {
  terminal.document(tenant);
  const { delivery, imgix_token, retention, cors_origins, quotas, signing_keys } = tenant;
  const rows = [
    ['tenant', tenant.tenant_id],
    ['delivery', delivery],
    ['signing keys', String(signing_keys.length)],
    ['imgix_token', imgix_token ?? 'none'],
    ['retention', retention ?? 'as the service has it'],
    ['cors_origins', cors_origins.join(', ') || 'none'],
    ...Object.entries(quotas).map(([name, limit]) => [
      `quotas.${name}`,
      limit === null ? 'none' : String(limit),
    ]),
  ];
  terminal.lines(
    formatTable(
      [{ title: 'setting' }, { title: 'value' }],
      rows.map((row) => row.map(plain)),
    ),
  );
}

function tableOf(keys: readonly SigningKey[]): string[] {
  const rows = keys.map(({ id, created_at, active, ends_at }) => [
    plain(id),
    formatTime(created_at),
    active ? 'signs and verifies' : 'verifies',
    ends_at === null ? '' : formatTime(ends_at),
  ]);
  return formatTable(
    ['id', 'made', 'what it does', 'ends'].map((title) => ({ title })),
    rows,
  );
}

function rotationOf(text: string | undefined): { previous_ends_in?: number } {
  if (text === undefined) return {};
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return { previous_ends_in: Math.ceil(milliseconds / 1000) };
  throw new UsageError(`--previous-ends-in must be a time such as 7d or 12h; got ${JSON.stringify(text)}.`);
}

function nothingElse(rest: readonly string[]): void {
  if (rest.length > 0) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
}
