import { randomUUID } from 'node:crypto';
import { Producer } from '@platformatic/kafka';
import { describeOn, sharedKafka } from '../../../test/cloud/shared-servers.ts';
import { createBroker } from '../../platform/kafka/open-broker.ts';
import type { Arrival, Landed } from '../intake.ts';
import { type House, MAX_BYTES, TENANT } from '../testing/house.ts';
import { type Bringing, type WayIn, waysInContract } from '../ways-in.contract.ts';
import { takeFromKafka } from './take-from-kafka.ts';
import { makeTopic, silent } from './testing/kafka-house.ts';

describeOn(['kafka'], 'Kafka as a way in', () => {
  waysInContract('Kafka', async (house) => kafkaWay(house, (await sharedKafka()).brokers.plain), {
    cannot: {
      declare: 'a message is as long as it is; its checksum is tested with the dead letters',
      'name its request':
        'the place in the log is the name of the request: see take-from-kafka.cloud.test.ts',
      'break off': 'a message is there whole or not at all',
    },
  });
});

/** Sends one message for each file, and listens to what becomes of it in the intake. */
async function kafkaWay(house: House, address: string): Promise<WayIn> {
  const id = randomUUID().slice(0, 8);
  const topic = `way-${id}`;
  await makeTopic(address, topic, 1);
  const outcomes = new Map<string, PromiseWithResolvers<Landed>>();
  const outcomeAt = (offset: string) => {
    const outcome = outcomes.get(offset) ?? Promise.withResolvers<Landed>();
    outcomes.set(offset, outcome);
    return outcome;
  };
  const taking = takeFromKafka({
    ...{ topics: [topic], deadLetterTopic: `dead-${id}`, tenantOf: () => TENANT, userId: 'owner' },
    ...{ log: silent, bytesInFlight: 2 ** 23, hasRoom: async () => true },
    broker: createBroker({ brokers: [address], group: `way-${id}` }, silent),
    pointed: { open: () => Promise.reject(new Error('nothing is pointed to here')) },
    intake: {
      async receive(arrival: Arrival) {
        const outcome = outcomeAt(String(arrival.idempotencyKey).split(':').at(-1) ?? '');
        // Whoever waits for it hears of a failure; until then nobody has to.
        outcome.promise.catch(() => {});
        try {
          const landed = await house.intake.receive(arrival);
          outcome.resolve(landed);
          return landed;
        } catch (error) {
          outcome.reject(error);
          throw error;
        }
      },
    },
  });
  const producer = new Producer({ clientId: 'test', bootstrapBrokers: [address], idempotent: true });

  return {
    source: 'kafka',
    async bring(file) {
      const headers = { filename: file.filename, ...(file.tags && { tags: JSON.stringify(file.tags) }) };
      const { offsets = [] } = await producer.send({
        messages: [
          {
            topic,
            value: await bytesOf(file),
            headers: new Map(
              Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
            ),
          },
        ],
      });
      return (await outcomeAt(String(offsets[0]?.offset)).promise).stored.record;
    },
    async close() {
      await producer.close();
      await taking.stop();
    },
  };
}

/** A body without end is sent as far as a broker takes it. */
async function bytesOf({ bytes, body }: Bringing): Promise<Buffer> {
  if (!body) return Buffer.from(bytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}
