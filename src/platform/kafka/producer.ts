import { type BaseOptions, Producer as Client, findErrorBy, ProduceAcks } from '@platformatic/kafka';
import { MessageTooLarge, type OutgoingMessage, type Producer } from '../../intake/kafka/broker.ts';

/** One request at a time: so messages of a key keep their order also where one has to be sent again. */
export function createProducer(options: () => Promise<BaseOptions>): Producer {
  let client: Client | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function send(messages: readonly OutgoingMessage[]): Promise<void> {
    client ??= new Client({ ...(await options()), acks: ProduceAcks.ALL, idempotent: false });
    client.on('error', () => {});
    try {
      await client.send({ acks: ProduceAcks.ALL, messages: messages.map(recordOf) });
    } catch (error) {
      if (isTooLarge(error))
        throw new MessageTooLarge('The broker takes no message of that size.', { cause: error });
      await drop();
      throw error;
    }
  }

  async function drop(): Promise<void> {
    const dropped = client;
    client = undefined;
    await dropped?.close().catch(() => {});
  }

  return {
    send(messages) {
      const sending = turn.then(() => send(messages));
      turn = sending.catch(() => {});
      return sending;
    },
    async close() {
      await turn;
      await drop();
    },
  };
}

function recordOf({ topic, key, value, headers }: OutgoingMessage) {
  return {
    topic,
    headers: new Map(headers.map(([name, content]) => [Buffer.from(name), content])),
    ...(key && { key }),
    ...(value && { value }),
  };
}

function isTooLarge(error: unknown): boolean {
  return ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].some(
    (id) => error instanceof Error && findErrorBy(error, 'apiId', id) !== null,
  );
}
