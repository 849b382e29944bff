import { verifyPassword } from 'better-auth/crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../images/clock.ts';
import { newFolder, removeData } from '../testing/data-folder.ts';
import { quickPasswords } from '../testing/quick-passwords.ts';
import { type Accounts, openAccounts } from './accounts.ts';

let folder: string;
let accounts: Accounts;
beforeEach(async () => {
  folder = await newFolder();
  const path = `${folder}/test.db`;
  accounts = await openAccounts({ path, durability: 'none', clock: systemClock, secret: 'x'.repeat(32) });
});
afterEach(async () => {
  accounts.close();
  await removeData(folder);
});

const PASSWORD = 'four words of my own';

it('passwords are hashed at full cost unless a test says otherwise', async () => {
  const passwordHash = await accounts.hash(PASSWORD);
  expect(await verifyPassword({ hash: passwordHash, password: PASSWORD })).toBe(true);
  expect(await quickPasswords.verify({ hash: passwordHash, password: PASSWORD })).toBe(false);
  const account = await accounts.create({ email: 'ada@example.com', name: 'Ada', passwordHash });
  expect(await accounts.verify(account, PASSWORD)).toBe(true);
  expect(await accounts.verify(account, `${PASSWORD}.`)).toBe(false);
  expect(await accounts.verify(undefined, PASSWORD)).toBe(false);
});
