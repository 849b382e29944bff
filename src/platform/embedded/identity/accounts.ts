import { DatabaseSync } from 'node:sqlite';
import { v7 } from 'uuid';
import { Failure } from '../../../failures.ts';
import type { Clock } from '../../../images/clock.ts';
import type { Durability } from '../disk.ts';
import { createHashGate } from './hash-gate.ts';

/** People and their passwords, kept by better-auth in tables of its own. */
export interface Accounts {
  find(email: string): Promise<Account | undefined>;
  byId(userId: string): Promise<Account | undefined>;
  /** @throws Failure `already_registered` */
  create(person: { email: string; name: string; passwordHash: string }): Promise<Account>;
  setPassword(userId: string, passwordHash: string): Promise<void>;
  remove(userId: string): Promise<void>;
  hash(password: string): Promise<string>;
  /** Takes as long where there is no account. */
  verify(account: Account | undefined, password: string): Promise<boolean>;
  close(): void;
}

export interface Account {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** milliseconds */
  readonly createdAt: number;
  readonly passwordHash: string;
}

/** How passwords become what is kept of them. */
export interface PasswordHashing {
  hash(password: string): Promise<string>;
  verify(kept: { hash: string; password: string }): Promise<boolean>;
}

export interface AccountsOptions {
  /** path of the SQLite file, which the platform has opened before */
  readonly path: string;
  readonly durability: Durability;
  readonly clock: Clock;
  /** for what better-auth signs; nothing of that leaves this process */
  readonly secret: string;
  /** scrypt as better-auth does it, unless a test brings one that is quick */
  readonly passwords?: PasswordHashing;
}

/** milliseconds to wait for another connection that writes */
const BUSY_TIMEOUT = 2_000;

/** Loads better-auth, which takes a third of a second, and brings its tables up to date. */
export async function openAccounts(settings: AccountsOptions): Promise<Accounts> {
  const { path, durability, clock, secret } = settings;
  const [{ betterAuth }, { getMigrations }] = await Promise.all([
    import('better-auth'),
    import('better-auth/db/migration'),
  ]);
  const connection = new DatabaseSync(path, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true });
  connection.exec(`
    PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'OFF'};
    PRAGMA secure_delete = ON;
  `);
  const options = {
    database: connection,
    secret,
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: { enabled: true, ...(settings.passwords && { password: settings.passwords }) },
    user: { modelName: 'auth_user' },
    account: { modelName: 'auth_account' },
    session: { modelName: 'auth_session' },
    verification: { modelName: 'auth_verification' },
    advanced: { database: { generateId: () => v7({ msecs: clock.now() }) } },
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const { internalAdapter: store, password: passwords } = await betterAuth(options).$context;
  const gate = createHashGate();
  const hash = (password: string) => gate(() => passwords.hash(normal(password)));

  async function byId(userId: string): Promise<Account | undefined> {
    const user = await store.findUserById(userId);
    return user === null ? undefined : withPassword(user);
  }

  async function withPassword(user: StoredUser): Promise<Account | undefined> {
    const passwordHash = (await store.findCredentialAccount(user.id))?.password;
    if (!passwordHash) return undefined;
    const { id: userId, email, name, createdAt } = user;
    return { userId, email, name, passwordHash, createdAt: createdAt.getTime() };
  }

  async function find(email: string): Promise<Account | undefined> {
    const found = await store.findUserByEmail(email);
    if (found !== null) return withPassword(found.user);
    // As many questions for an address that nobody has: the time an answer takes must not tell.
    await store.findCredentialAccount('nobody');
    return undefined;
  }

  return {
    find,
    byId,
    async create({ email, name, passwordHash }) {
      // A crash between the two writes below leaves somebody without a password, who is finished here.
      const half = await store.findUserByEmail(email);
      if (half && (await withPassword(half.user))) throw alreadyRegistered();
      const user = half?.user ?? (await createUser(email, name));
      await store.createAccount({
        userId: user.id,
        accountId: user.id,
        providerId: 'credential',
        password: passwordHash,
      });
      return { userId: user.id, email, name, passwordHash, createdAt: user.createdAt.getTime() };
    },
    setPassword: (userId, passwordHash) => store.updatePassword(userId, passwordHash),
    remove: (userId) => store.deleteUser(userId),
    hash,
    async verify(account, password) {
      if (account === undefined) {
        await hash(password);
        return false;
      }
      return gate(() => passwords.verify({ hash: account.passwordHash, password: normal(password) }));
    },
    close: () => connection.close(),
  };

  async function createUser(email: string, name: string): Promise<StoredUser> {
    try {
      return await store.createUser({ email, name, emailVerified: true }, { method: 'email-password' });
    } catch (error) {
      const found = await store.findUserByEmail(email);
      throw found === null ? error : alreadyRegistered();
    }
  }
}

interface StoredUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly createdAt: Date;
}

function alreadyRegistered(): Failure {
  return new Failure('already_registered', 'This address has an account already. Sign in with it.');
}

/** The same characters typed on another keyboard are the same password (NIST SP 800-63B-4, 3.1.1.2). */
function normal(password: string): string {
  return password.normalize('NFKC');
}
