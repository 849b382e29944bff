import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { namesAddress } from '../../identity/mail-address.ts';
import { objectKeys } from '../../images/keys.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import type { Who } from '../../retention/erasure.ts';
import { integer, text } from './columns.ts';
import type { Database } from './database.ts';
import { imageDigits } from './derivative-files.ts';
import { partialPath } from './partial-files.ts';

export interface PersonSearchDeps {
  readonly database: Database;
  readonly objects: Pick<ObjectStore, 'head' | 'list'>;
  readonly folders: { readonly cache: string; readonly incoming: string };
}

/** The trail and the notes about erasures name people by their ids, and are meant to. */
const ALLOWED = new Set([
  ...['audit_entries', 'audit_heads', 'audit_checkpoints'],
  ...['erasures', 'erased_images', 'erased_elsewhere', 'erasure_texts'],
]);

/** Tables of images: looked through by their indices, because they may be large. */
const BY_IMAGE: Readonly<Record<string, string>> = {
  images:
    "SELECT count(*) AS n FROM images WHERE image_id = ? AND (user_id <> '' OR status NOT IN ('expired', 'erased'))",
  image_tags: 'SELECT count(*) AS n FROM image_tags WHERE image_id = ?',
  idempotency_keys: 'SELECT count(*) AS n FROM idempotency_keys WHERE image_id = ?',
  dead_letters: 'SELECT count(*) AS n FROM dead_letters WHERE image_id = ?',
  partial_uploads: 'SELECT count(*) AS n FROM partial_uploads WHERE image_id = ?',
  messages: "SELECT count(*) AS n FROM messages WHERE dedupe_id > ?1 || '/' AND dedupe_id < ?1 || '0'",
};
/** Ids and times only, however often something happened. */
const WITHOUT_PEOPLE = new Set(['events', 'status_counts', 'tenant_usage', 'tenant_days', 'tenant_origins']);

/** Ids shorter than this are words that may stand anywhere: `owner`. */
const TELLING_LENGTH = 16;
const NAMES_A_PERSON = /user_?id$|_by$|^id$/i;

/** Looks for a person and for images everywhere on this machine; answers where something was found. */
export function createPersonSearch({ database, objects, folders }: PersonSearchDeps) {
  const tables = () =>
    database
      .all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .map((row) => text(row, 'name'));

  const columns = (table: string) =>
    database.all('SELECT name, type FROM pragma_table_info(?)', table).map((row) => text(row, 'name'));

  const count = (sql: string, ...values: string[]) => integer(database.get(sql, ...values) ?? {}, 'n');

  /** A person belongs to one tenant at a time: the account may be another's by now, and is not looked for then. */
  function isElsewhere({ tenantId, userId }: Who): boolean {
    const sql = 'SELECT count(*) AS n FROM members WHERE user_id = ? AND tenant_id <> ?';
    return count(sql, userId, tenantId) > 0;
  }

  /** Rows of a table that name the person, or hold one of the texts in whatever case; of this tenant, where it says. */
  function inTable(table: string, { tenantId, userId }: Who, texts: readonly string[]): string[] {
    const found: string[] = [];
    const names = columns(table);
    const isTenants = names.includes('tenant_id');
    const isTelling = userId.length >= TELLING_LENGTH;
    for (const column of names) {
      const from = (condition: string) =>
        `FROM "${table}" WHERE typeof("${column}") = 'text' AND ${condition} ${isTenants ? 'AND tenant_id = ?' : ''}`;
      const given = (text: string) => [text, ...(isTenants ? [tenantId] : [])];
      const naming = isTelling ? `instr("${column}", ?) > 0` : `"${column}" = ?`;
      if (
        (isTelling || NAMES_A_PERSON.test(column)) &&
        count(`SELECT count(*) AS n ${from(naming)}`, ...given(userId)) > 0
      ) {
        found.push(`${table}.${column} names the person`);
      }
      for (const one of texts) {
        const holding = `SELECT "${column}" AS held ${from(`instr(lower("${column}"), lower(?)) > 0`)}`;
        if (!database.all(holding, ...given(one)).some((row) => namesAddress(text(row, 'held'), one)))
          continue;
        found.push(`${table}.${column} holds a text of the person`);
      }
    }
    return found;
  }

  async function inDatabase(
    { tenantId, userId }: Who,
    images: readonly string[],
    texts: readonly string[],
  ): Promise<string[]> {
    const found: string[] = [];
    const sent = 'SELECT count(*) AS n FROM images WHERE tenant_id = ? AND user_id = ?';
    if (count(sent, tenantId, userId) > 0) found.push('images.user_id names the person');
    const elsewhere = isElsewhere({ tenantId, userId });
    for (const table of tables()) {
      await nextTurn();
      if (ALLOWED.has(table) || WITHOUT_PEOPLE.has(table) || BY_IMAGE[table] !== undefined) continue;
      if (elsewhere && !columns(table).includes('tenant_id')) continue;
      found.push(...inTable(table, { tenantId, userId }, texts));
    }
    for (const imageId of images) {
      for (const [table, sql] of Object.entries(BY_IMAGE)) {
        if (count(sql, imageId) > 0) found.push(`${table} has image ${imageId}`);
      }
    }
    return found;
  }

  async function inFiles(tenantId: string, imageId: string): Promise<string[]> {
    const found: string[] = [];
    if (await objects.head(objectKeys.original(tenantId, imageId))) found.push(`original of ${imageId}`);
    for await (const { key } of objects.list(objectKeys.processed(tenantId, imageId)))
      found.push(`object ${key}`);
    if (await stat(partialPath(folders.incoming, imageId)).catch(() => undefined)) {
      found.push(`unfinished upload ${imageId}`);
    }
    const digits = imageDigits({ tenantId, imageId });
    const cached = await readdir(join(folders.cache, digits.slice(0, 2))).catch(() => []);
    if (cached.some((name) => name.startsWith(digits))) found.push(`derivative of ${imageId}`);
    return found;
  }

  return async (who: Who, images: readonly string[], texts: readonly string[]): Promise<string[]> => {
    const found = await inDatabase(who, images, texts);
    for (const imageId of images) found.push(...(await inFiles(who.tenantId, imageId)));
    return found;
  };
}
