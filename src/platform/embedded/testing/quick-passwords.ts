import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { PasswordHashing } from '../identity/accounts.ts';

/** scrypt at its lowest cost, for tests that sign in often and are about what is answered. */
export const quickPasswords: PasswordHashing = {
  async hash(password) {
    const salt = randomBytes(16).toString('hex');
    return `${salt}:${derived(password, salt).toString('hex')}`;
  },
  async verify({ hash, password }) {
    const [salt = '', key = ''] = hash.split(':');
    return timingSafeEqual(Buffer.from(key, 'hex'), derived(password, salt));
  },
};

const derived = (password: string, salt: string) =>
  scryptSync(password.normalize('NFKC'), salt, 64, { N: 2 });
