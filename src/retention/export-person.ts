import { Readable } from 'node:stream';
import type { AuditLog } from '../audit/audit-log.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import { isFailure } from '../failures.ts';
import type { ApiKeys } from '../identity/api-keys.ts';
import type { Identity } from '../identity/identity.ts';
import type { Members } from '../identity/members.ts';
import type { Catalog } from '../images/catalog.ts';
import { type Clock, isoTime } from '../images/clock.ts';
import type { ImageRecord } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import type { SubscriptionStore } from '../notices/subscriptions/subscription.ts';
import type { Who } from './erasure.ts';
import type { FileToZip } from './zip-stream.ts';

export interface ExportPersonDeps {
  readonly catalog: Pick<Catalog, 'list'>;
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly audit: Pick<AuditLog, 'list'>;
  readonly identity: Pick<Identity, 'person' | 'sessions'>;
  readonly members: Pick<Members, 'find'>;
  readonly apiKeys: Pick<ApiKeys, 'list'>;
  readonly subscriptionStore: Pick<SubscriptionStore, 'list'>;
  readonly clock: Clock;
}

const PAGE = 200;

/**
 * Everything of a person, as the files of an archive: `person.json`, for each image `records/{id}.json` and
 * `originals/{id}/{file name}`, and `trail.jsonl`, what the person did. What was made of the originals is not in it: it
 * holds nothing that they do not.
 */
export async function* exportPerson(deps: ExportPersonDeps, who: Who): AsyncGenerator<FileToZip> {
  const modifiedAt = deps.clock.now();
  yield text('person.json', modifiedAt, async () => JSON.stringify(await accountOf(deps, who), null, 2));
  for await (const record of imagesOf(deps, who)) {
    const uploaded = Date.parse(record.upload_time);
    yield text(`records/${record.image_id}.json`, uploaded, async () => JSON.stringify(record, null, 2));
    if (record.original) yield* original(deps, record);
  }
  yield {
    path: 'trail.jsonl',
    modifiedAt,
    compress: true,
    open: async () => Readable.from(trailOf(deps, who), { objectMode: false }),
  };
}

async function* imagesOf(
  { catalog }: ExportPersonDeps,
  { tenantId, userId }: Who,
): AsyncIterable<ImageRecord> {
  let cursor: string | undefined;
  do {
    const page = await catalog.list(tenantId, {
      userId,
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { record } of page.images) yield record;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Nothing where the image was erased or has expired since its record was read. */
async function* original({ objects }: ExportPersonDeps, record: ImageRecord): AsyncIterable<FileToZip> {
  if (!record.original) return;
  const { key, filename } = record.original;
  const body = await objects.read(key).catch((error: unknown) => {
    if (isFailure(error, 'object_not_found')) return undefined;
    throw error;
  });
  if (!body) return;
  try {
    yield {
      path: `originals/${record.image_id}/${safeName(filename)}`,
      modifiedAt: Date.parse(record.upload_time),
      compress: false,
      open: async () => Readable.fromWeb(body.stream as Parameters<typeof Readable.fromWeb>[0]),
    };
  } finally {
    // Nobody took it: whoever downloads has left.
    if (!body.stream.locked) await body.stream.cancel();
  }
}

async function* trailOf({ audit }: ExportPersonDeps, { tenantId, userId }: Who): AsyncIterable<string> {
  let cursor: string | undefined;
  do {
    const query = { actor: userId, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const page = await audit.list(tenantId, query);
    for (const entry of page.entries) yield `${canonicalJson(entry)}\n`;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

async function accountOf(deps: ExportPersonDeps, { tenantId, userId }: Who) {
  const { identity, members, apiKeys, subscriptionStore } = deps;
  const found = await members.find(userId);
  const member = found?.tenantId === tenantId ? found : undefined;
  // An account belongs to whatever tenant its person is in now.
  const person = found === undefined || member ? await identity.person(userId) : undefined;
  const sessions = person ? await identity.sessions(userId) : [];
  const keys = (await apiKeys.list(tenantId)).filter((key) => key.userId === userId);
  const addresses = [person?.email.toLowerCase(), member?.email?.toLowerCase()];
  const subscriptions = (await subscriptionStore.list(tenantId)).filter(({ address }) =>
    addresses.includes(address.toLowerCase()),
  );
  return {
    user_id: userId,
    tenant_id: tenantId,
    ...(person && { email: person.email, name: person.name, created_at: isoTime(person.createdAt) }),
    ...(member && { role: member.role, joined_at: isoTime(member.joinedAt) }),
    sessions: sessions.map(({ createdAt, lastUsedAt, client }) => ({
      created_at: isoTime(createdAt),
      last_used_at: isoTime(lastUsedAt),
      ...client,
    })),
    api_keys: keys.map(({ keyId, name, createdAt }) => ({ id: keyId, name, created_at: isoTime(createdAt) })),
    subscriptions: subscriptions.map(({ subscriptionId, address, eventTypes, mode, createdAt }) => ({
      id: subscriptionId,
      email: address,
      events: eventTypes,
      mode,
      created_at: isoTime(createdAt),
    })),
  };
}

function text(path: string, modifiedAt: number, write: () => Promise<string>): FileToZip {
  const open = async () => Readable.from([Buffer.from(await write())], { objectMode: false });
  return { path, modifiedAt, compress: true, open };
}

/** A file name that leads nowhere else, on whatever system the archive is unpacked. */
function safeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: just these must not come through
  const safe = name.replace(/[\\/:*?"<>|\u0000-\u001f]/g, '_').slice(0, 200);
  return /^\.*$/.test(safe) ? 'original' : safe;
}
