/** A consumer in a process of its own, on the data of the test's: to be stopped, and killed. */
import { pino } from 'pino';
import { systemClock } from '../../../images/clock.ts';
import { withDefaultPipeline } from '../../../pipeline/given-pipelines.ts';
import { openEmbedded } from '../../../platform/embedded/platform.ts';
import { createBroker } from '../../../platform/kafka/open-broker.ts';
import { createIntake } from '../../receive.ts';
import { takeFromKafka } from '../take-from-kafka.ts';

const [dataDir = '', address = '', group = '', topic = '', deadLetterTopic = ''] = process.argv.slice(2);

const platform = await openEmbedded({ dataDir, clock: systemClock, role: 'tool', durability: 'none' });
const intake = createIntake({
  ...platform,
  pipelines: withDefaultPipeline(platform.pipelines),
  clock: systemClock,
  wake() {},
  publicUrl: () => 'https://photos.example',
  retentionMs: () => 3_600_000,
  uploadExpiryMs: 3_600_000,
  maxUploadBytes: 1_000_000,
  maxDirectUploadBytes: 1_000_000,
});
const log = pino({ level: 'info' });
const taking = takeFromKafka({
  ...{ log, deadLetterTopic, topics: [topic], userId: 'owner', bytesInFlight: 2 ** 23 },
  broker: createBroker({ brokers: [address], group, sessionMs: 6_000 }, log),
  tenantOf: () => 'main',
  hasRoom: async () => true,
  pointed: {
    async open() {
      throw new Error('nothing is pointed to here');
    },
  },
  intake: {
    async receive(arrival) {
      const landed = await intake.receive(arrival);
      process.stdout.write(`${landed.created ? 'took' : 'repeated'} ${arrival.filename}\n`);
      // Long enough that a kill meets messages whose image is stored and whose offset is not committed.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return landed;
    },
  },
});
process.once('SIGTERM', async () => {
  await taking.stop();
  await platform.close();
  process.stdout.write('stopped\n');
});
