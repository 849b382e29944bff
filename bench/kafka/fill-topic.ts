import { Admin, ProduceAcks, Producer } from '@platformatic/kafka';

/** Messages sent together: below the broker's megabyte for a request of one partition. */
const TOGETHER = 4;

/** Makes a topic and writes pictures into it, by turns into each partition. */
export async function fillTopic(
  address: string,
  {
    topic,
    partitions,
    pictures,
    messages,
  }: { topic: string; partitions: number; pictures: readonly Buffer[]; messages: number },
): Promise<void> {
  const base = { clientId: 'bench', bootstrapBrokers: [address] };
  const admin = new Admin(base);
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 }).finally(() => admin.close());
  const producer = new Producer({ ...base, acks: ProduceAcks.ALL, idempotent: true });
  try {
    for (let from = 0; from < messages; from += TOGETHER * partitions) {
      const count = Math.min(TOGETHER * partitions, messages - from);
      await producer.send({
        messages: Array.from({ length: count }, (_, n) => ({
          topic,
          partition: (from + n) % partitions,
          value: pictures[(from + n) % pictures.length] ?? Buffer.alloc(0),
          headers: new Map([[Buffer.from('filename'), Buffer.from(`${from + n}.jpg`)]]),
        })),
      });
    }
  } finally {
    await producer.close();
  }
}
