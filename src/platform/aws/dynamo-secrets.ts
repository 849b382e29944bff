import type { Clock } from '../../images/clock.ts';
import type { Secrets } from '../platform.ts';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, text } from './dynamo-items.ts';
import { getItem, IS_NEW, putItem } from './dynamo-requests.ts';

/** Items `secret#{name}`. Whoever writes first has made the value; all others read it. */
export function createDynamoSecrets(table: DynamoTable, clock: Clock): Secrets {
  return {
    async getOrCreate(name, make) {
      const key = { pk: `secret#${name}`, sk: 'secret' };
      for (;;) {
        const found = await getItem(table, key);
        if (found) return { value: text(found, 'value'), created: false };
        const value = make();
        const item = attributes({ ...key, value, created_at: clock.now() });
        if (await putItem(table, item, IS_NEW)) return { value, created: true };
      }
    },
  };
}
