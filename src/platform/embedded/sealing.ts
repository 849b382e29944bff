import type { Clock } from '../../images/clock.ts';
import type { Keyring } from '../../images/keyring.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import { type SealedObjects, sealObjects } from '../sealed/sealed-objects.ts';
import { text } from './columns.ts';
import type { Database } from './database.ts';
import type { Durability } from './disk.ts';
import { type KeyringSettings, noKeyring, type OpenedKeyring, openKeyring } from './keyring/open-keyring.ts';

/** Whether and how what a data folder keeps is encrypted. */
export interface Sealing {
  readonly isOn: boolean;
  readonly keyring: Keyring;
  /** for those who look after it; absent where encryption was never on */
  readonly upkeep?: OpenedKeyring;
  /** The store as everybody but backups sees it. */
  seal(store: ObjectStore): ObjectStore | SealedObjects;
  /** From the next start on, an object that is not sealed is taken for damaged. */
  allIsSealed(): void;
  faults(): string[];
  close(): void;
}

export interface SealingOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly durability: Durability;
  readonly settings: KeyringSettings;
}

/** In the table of secrets: which keyring sealed this data, and since when nothing is in it that is not sealed. */
const KEYRING = 'keyring-id';
const ONLY_SEALED = 'only-sealed-since';

/** Data that was sealed once stays so: without its keyring and its master key, nothing is read and nothing is added. */
export async function openSealing({
  database,
  clock,
  durability,
  settings,
}: SealingOptions): Promise<Sealing> {
  const expectedId = noted(database, KEYRING);
  const expected = expectedId !== undefined && { expectedId };
  const opened = await openKeyring({ ...settings, clock, durability, ...expected });
  if (!opened) return unsealing();
  const { keyring, id } = opened;
  if (expectedId === undefined && id !== undefined) noteFirst(database, id, clock.now());
  const unsealed = noted(database, ONLY_SEALED) === undefined ? 'accepted' : 'refused';
  return {
    isOn: true,
    keyring,
    upkeep: opened,
    seal: (store) => sealObjects({ store, keyring, unsealed: () => unsealed }),
    allIsSealed: () => note(database, ONLY_SEALED, String(clock.now()), clock.now()),
    faults: () => keyring.faults(),
    close: () => keyring.close(),
  };
}

function unsealing(): Sealing {
  return {
    isOn: false,
    keyring: noKeyring,
    seal: (store) => store,
    allIsSealed() {},
    faults: () => [],
    close() {},
  };
}

/** The id of the keyring with which the data was sealed. */
export function keyringOfData(database: Database): string | undefined {
  return noted(database, KEYRING);
}

function noteFirst(database: Database, id: string, now: number): void {
  database.write(() => {
    note(database, KEYRING, id, now);
    // Nothing can lie there from days without a key.
    if (!database.get('SELECT 1 FROM images LIMIT 1')) note(database, ONLY_SEALED, String(now), now);
  });
}

function noted(database: Database, name: string): string | undefined {
  const row = database.get('SELECT value FROM secrets WHERE name = ?', name);
  return row && text(row, 'value');
}

function note(database: Database, name: string, value: string, now: number): void {
  database.run('INSERT INTO secrets VALUES (?, ?, ?) ON CONFLICT DO NOTHING', name, value, now);
}
