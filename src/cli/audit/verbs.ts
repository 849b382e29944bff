import type { AuditQuery } from '../../audit/audit-log.ts';
import { canonicalJson } from '../../audit/canonical-json.ts';
import { signCheckpoint } from '../../audit/checkpoint.ts';
import { type AuditEntry, outcomes } from '../../audit/entry.ts';
import { openAttestor } from '../../audit/start-auditing.ts';
import { verifyKept } from '../../audit/verify-kept.ts';
import { type TrailVerdict, verifyTrail } from '../../audit/verify-trail.ts';
import type { Settings } from '../../config.ts';
import { checkpointFile, readCheckpoints } from '../../platform/embedded/checkpoint-file.ts';
import type { Platform } from '../../platform/platform.ts';
import { type ExitCode, UsageError } from '../command.ts';
import { withData } from '../data.ts';
import type { Terminal } from '../terminal.ts';
import { formatCount, formatTime, plain } from '../text/format.ts';
import { snakeCased } from '../text/snake-case.ts';
import { formatTable } from '../text/table.ts';
import { anchorsIn, keysIn, linesIn, tenantOf } from './files.ts';

export interface AuditCall {
  readonly options: Readonly<Partial<Record<AuditOption, string>>>;
  readonly rest: readonly string[];
  readonly terminal: Terminal;
  readonly settings: () => Settings;
}
type AuditOption = 'tenant' | 'actor' | 'action' | 'image' | 'outcome' | 'limit' | 'anchor' | 'keys';

const FIRST_TENANT = 'main';

export async function ls(call: AuditCall): Promise<ExitCode> {
  noMore(call);
  const { terminal, options } = call;
  const query = queryOf(options);
  const { entries } = await onData(call, ({ audit }) => audit.list(options.tenant ?? FIRST_TENANT, query));
  terminal.document({ entries });
  const columns = ['when', 'who', 'by', 'what', 'to', 'from', 'outcome'].map((title) => ({ title }));
  terminal.lines(entries.length === 0 ? ['There is none.'] : formatTable(columns, entries.map(rowOf)));
  return 0;
}

/** Of an exported file where one is named, else of the data of this machine. */
export async function verify(call: AuditCall): Promise<ExitCode> {
  const [file, ...surplus] = call.rest;
  noMore({ rest: surplus });
  const verdicts = file === undefined ? await verifyHere(call) : [await verifyFile(file, call)];
  call.terminal.document({ trails: verdicts.map(snakeCased) });
  call.terminal.lines(verdicts.map(sentenceOf));
  return verdicts.every(({ sound }) => sound) ? 0 : 1;
}

async function verifyHere(call: AuditCall): Promise<TrailVerdict[]> {
  const { tenant, anchor, keys: keyFile } = call.options;
  const anchors = anchor === undefined ? [] : await anchorsIn(anchor);
  return onData(call, async ({ audit, secrets }, { dataDir }) => {
    const kept = {
      audit,
      keys: keyFile === undefined ? (await openAttestor(secrets)).publicKeys : await keysIn(keyFile),
      keptElsewhere: () => readCheckpoints(checkpointFile(dataDir)),
    };
    const named = [...anchors, ...(await kept.keptElsewhere())].map(({ tenant_id }) => tenant_id);
    // Also those of whom nothing is left but a signature.
    const tenants = tenant === undefined ? new Set([...(await audit.tenants()), ...named]) : [tenant];
    const verdicts: TrailVerdict[] = [];
    for (const tenantId of tenants) verdicts.push(await verifyKept(kept, tenantId, anchors));
    return verdicts;
  });
}

async function verifyFile(
  file: string,
  { options: { tenant, anchor, keys } }: AuditCall,
): Promise<TrailVerdict> {
  const checkpoints = anchor === undefined ? [] : await anchorsIn(anchor);
  const tenantId = tenant ?? (await tenantOf(file)) ?? FIRST_TENANT;
  return verifyTrail(tenantId, linesIn(file), {
    checkpoints: checkpoints.filter(({ tenant_id }) => tenant_id === tenantId),
    ...(keys !== undefined && { keys: await keysIn(keys) }),
  });
}

async function exported(call: AuditCall): Promise<ExitCode> {
  noMore(call);
  await onData(call, async ({ audit }) => {
    for await (const line of audit.lines(call.options.tenant ?? FIRST_TENANT))
      call.terminal.out.write(`${line}\n`);
  });
  return 0;
}

export { exported as export };

export async function anchor(call: AuditCall): Promise<ExitCode> {
  noMore(call);
  await onData(call, async ({ audit, secrets }) => {
    const attestor = await openAttestor(secrets);
    for (const tenantId of await audit.tenants()) {
      const head = await audit.head(tenantId);
      const checkpoint = await signCheckpoint(attestor, { tenantId, head, at: Date.now() });
      call.terminal.out.write(`${canonicalJson(checkpoint)}\n`);
    }
  });
  return 0;
}

export async function keys(call: AuditCall): Promise<ExitCode> {
  noMore(call);
  await onData(call, async ({ secrets }) => {
    const { publicKeys } = await openAttestor(secrets);
    call.terminal.out.write(`${JSON.stringify(publicKeys, null, 2)}\n`);
  });
  return 0;
}

function onData<T>(
  { settings }: Pick<AuditCall, 'settings'>,
  use: (platform: Platform, settings: Settings) => Promise<T>,
): Promise<T> {
  const read = settings();
  return withData(read, (platform) => use(platform, read));
}

function noMore({ rest }: Pick<AuditCall, 'rest'>): void {
  if (rest.length > 0) throw new UsageError(`Too much: ${JSON.stringify(rest[0])}.`);
}

function queryOf({ actor, action, image, outcome, limit = '50' }: AuditCall['options']): AuditQuery {
  const most = Number(limit);
  if (!Number.isInteger(most) || most < 1) throw new UsageError('--limit is a whole number from 1.');
  const known = outcomes.find((one) => one === outcome);
  if (outcome !== undefined && !known) throw new UsageError(`--outcome is one of ${outcomes.join(', ')}.`);
  return {
    limit: most,
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(image !== undefined && { imageId: image }),
    ...(known !== undefined && { outcome: known }),
  };
}

function rowOf({ at, actor, action, image_id, target, address, outcome, code }: AuditEntry): string[] {
  const by = [actor.credential, actor.credential_id].filter((part) => part !== undefined).join(' ');
  const ending = code === undefined ? outcome : `${outcome} (${code})`;
  return [formatTime(at), actor.id, by, action, image_id ?? target ?? '', address ?? '', ending].map(plain);
}

function sentenceOf({ tenantId, entries, checkpoint, finding }: TrailVerdict): string {
  const signed = checkpoint
    ? `, signed up to entry ${checkpoint.seq} at ${checkpoint.at}`
    : ', no signed head';
  if (!finding) return plain(`${tenantId}: ${formatCount(entries, 'entry', 'entries')}, all sound${signed}`);
  return plain(`${tenantId}: entry ${finding.seq} is bad (${finding.flaw}). ${finding.detail}`);
}
