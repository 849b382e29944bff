import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** Units of capacity that the answers to a client's requests name: what the bill is made of, indexes included. */
export interface ConsumedUnits {
  total(): { write: number; read: number };
  reset(): void;
}

interface Consumed {
  readonly CapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
  readonly ReadCapacityUnits?: number;
}

const WRITES = /^(Put|Update|Delete|BatchWrite|TransactWrite)/;

/** From now on asks for them with each request. Single requests name one number: by their kind, it is of the one or the other. */
export function countUnits(client: DynamoDBClient): ConsumedUnits {
  let sum = { write: 0, read: 0 };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const isData = /Item|Query|Scan/.test(commandName);
        const input = isData ? { ...args.input, ReturnConsumedCapacity: 'TOTAL' } : args.input;
        const answer = await next({ ...args, input: input as typeof args.input });
        const { ConsumedCapacity } = answer.output as { ConsumedCapacity?: Consumed | Consumed[] };
        for (const one of [ConsumedCapacity ?? []].flat()) {
          const units = one.CapacityUnits ?? 0;
          if (WRITES.test(commandName)) sum.write += one.WriteCapacityUnits ?? units;
          else sum.read += one.ReadCapacityUnits ?? units;
        }
        return answer;
      },
    { step: 'initialize', name: 'consumedUnits' },
  );
  return {
    total: () => ({ ...sum }),
    reset() {
      sum = { write: 0, read: 0 };
    },
  };
}
