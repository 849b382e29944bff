import { describe, expect, it } from 'vitest';
import type { StoredImage } from '../images/image.ts';
import { isGone } from '../images/states.ts';
import { eraseImage } from './erase.ts';
import { keysOf } from './orphans.ts';
import type { RetentionPorts } from './ports.ts';
import { reconcile } from './reconcile.ts';
import { sweep } from './sweep.ts';
import { Crash, type CrashPoint, crashingPorts } from './testing/crash.ts';
import {
  addPartial,
  addReady,
  addReceived,
  DAY,
  type House,
  openHouse,
  publish,
  storedKeys,
  TENANT,
} from './testing/house.ts';
import { bury } from './tombstone.ts';
import { verify } from './verify.ts';

let house: House;

/** A piece of work on a house that was prepared for it. */
interface Scenario {
  readonly prepare: () => Promise<StoredImage>;
  readonly work: (ports: RetentionPorts, image: StoredImage) => Promise<unknown>;
}

const scenarios: Record<string, Scenario> = {
  'an erasure': {
    prepare: () => addReady(house.ports),
    work: (ports, { record }) => eraseImage(ports, { tenantId: TENANT, imageId: record.image_id }),
  },
  'a sweep of everything that can be swept': {
    prepare: async () => {
      await addPartial(house.ports, { lifeMs: 30 * DAY });
      await bury(house.ports, await addReady(house.ports), 'erased');
      const expiring = await addReady(house.ports, { lifeMs: DAY });
      house.clock.advance(DAY + 1);
      return expiring;
    },
    work: (ports) => sweep(ports),
  },
  'an upload and its run': {
    prepare: () => addReady(house.ports),
    work: async (ports) => publish(ports, await addReceived(ports)),
  },
  'a second run of an image': {
    prepare: () => addReady(house.ports),
    work: (ports, image) => publish(ports, image),
  },
  'a reconciliation': {
    prepare: async () => {
      const image = await addReady(house.ports);
      await house.ports.objects.delete(image.record.variants.slice(1).map(({ key }) => key));
      await house.ports.objects.delete([(await addReceived(house.ports)).record.original?.key ?? '']);
      house.clock.advance(60_000);
      return image;
    },
    work: (ports) => reconcile(ports, { mend: true, graceMs: 1000 }),
  },
};

/** A sweep reports a fault of a port instead of throwing it: both mean that the process ended there. */
async function dieAt(point: CrashPoint, { work }: Scenario, image: StoredImage): Promise<boolean> {
  const { ports, reached } = crashingPorts(house.ports, point);
  try {
    await work(ports, image);
  } catch (error) {
    if (!(error instanceof Crash) && !(error instanceof TypeError)) throw error;
  }
  return reached();
}

/** What the next start of the service does; then the worker does what it finds in the queue. */
async function recover(): Promise<void> {
  house.clock.advance(60_000);
  await sweep(house.ports, { periods: { leftover: 0 } });
  await reconcile(house.ports, { mend: true, graceMs: 1000 });
  for await (const image of house.ports.upkeep.all()) {
    if (image.run && !isGone(image.record.status) && image.record.status !== 'failed') {
      await publish(house.ports, image);
    }
  }
  house.clock.advance(60_000);
  await reconcile(house.ports, { mend: true, graceMs: 1000 });
}

async function whatIsWrong(): Promise<unknown> {
  const named: string[] = [];
  for await (const image of house.ports.upkeep.all())
    if (!isGone(image.record.status)) named.push(...keysOf(image));
  const { findings } = await reconcile(house.ports, { mend: false, graceMs: 1000 });
  const { problems, orphans } = await verify(house.ports, { graceMs: 1000 });
  const stored = await storedKeys(house.ports);
  return {
    findings: findings.filter(({ kind }) => kind !== 'original_missing'),
    problems: problems.filter(({ key }) => !key.startsWith('raw/')),
    orphans,
    unpurged: await house.ports.upkeep.unpurged(10),
    unnamed: stored.filter((key) => !named.includes(key)),
    leftovers: await house.ports.objects.removeLeftovers(0),
  };
}

const allWell = { findings: [], problems: [], orphans: [], unpurged: [], unnamed: [], leftovers: 0 };

describe.each(Object.entries(scenarios))('a crash during %s', (_name, scenario) => {
  it.each(['before', 'after'] as const)('leaves nothing wrong, %s any call to a port', async (moment) => {
    let call = 0;
    for (let reached = true; reached; ) {
      call += 1;
      house = await openHouse();
      const image = await scenario.prepare();
      reached = await dieAt({ call, moment }, scenario, image);
      await recover();
      expect(await whatIsWrong(), `crash at call ${call}`).toEqual(allWell);
      await house.close();
    }
    expect(call).toBeGreaterThan(4);
  });
});
