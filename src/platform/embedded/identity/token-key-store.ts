import type { JWK } from 'jose';
import type { TokenKey, TokenKeyStore } from '../../../identity/signing-keys.ts';
import { integer, text } from '../columns.ts';
import type { Database, Row } from '../database.ts';

export function createTokenKeyStore(database: Database): TokenKeyStore {
  const list = () => database.all('SELECT * FROM token_keys ORDER BY created_at, kid').map(keyFrom);
  return {
    list: async () => list(),
    async add({ kid, privateJwk, createdAt }, after) {
      return database.write(() => {
        const newer = database.get('SELECT 1 FROM token_keys WHERE created_at > ?', after);
        if (newer === undefined) {
          database.run('INSERT INTO token_keys VALUES (?, ?, ?)', kid, JSON.stringify(privateJwk), createdAt);
        }
        return list();
      });
    },
    async removeBefore(createdAt) {
      database.run('DELETE FROM token_keys WHERE created_at < ?', createdAt);
    },
  };
}

function keyFrom(row: Row): TokenKey {
  return {
    kid: text(row, 'kid'),
    privateJwk: JSON.parse(text(row, 'private_jwk')) as JWK,
    createdAt: integer(row, 'created_at'),
  };
}
