import { truncate } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { Renderers } from '../pipeline/renderers.ts';
import type { Derivative } from './derivative.ts';
import { bytesOf } from './derivative-cache.contract.ts';
import type { DerivativeCache } from './derivative-cache.ts';
import { type DerivativeOrder, derivativeKey } from './derivative-key.ts';

import { type DeliveryPlanRequest, planDelivery } from './plan/plan-delivery.ts';
import {
  type DerivingHouse,
  MEMORY_BYTES,
  openDerivingHouse,
  orderOf,
  planOf,
  smallPlan,
  startTestRenderers,
} from './testing/deriving.ts';

const sample = (name: string) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
const ROCKET = sample('rocket.jpg');
const HUBBLE = sample('hubble_deep_field.jpg');

let pool: Renderers;
beforeAll(() => {
  pool = startTestRenderers();
});
afterAll(() => pool.close());

let house: DerivingHouse;
let image: StoredImage;
beforeEach(async () => {
  house = await openDerivingHouse(pool);
  image = await house.bring(ROCKET);
});
afterEach(async () => {
  await house.close();
});

const derive = (query: string, signal?: AbortSignal) => house.deriver.derive(orderOf(image, query), signal);
const rendered = () => house.renderers.renders;
const codeOf = (error: unknown) => (error instanceof Failure ? error.code : String(error));

async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('in vain');
    await sleep(10);
  }
}

describe('a picture', () => {
  it('is made as asked for, with its facts', async () => {
    const made = await derive('w=320&fm=webp&q=1');
    expect(made).toMatchObject({ contentType: 'image/webp', width: 320, height: 214, note: 'one; two' });
    const bytes = await bytesOf(made);
    expect(bytes.length).toBe(made.size);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 320, height: 214 });
    expect(await house.scratchFiles()).toEqual([]);
  });

  it('is made once, and found again by whoever asks the same', async () => {
    const { sha256 } = await derive('w=320&fm=webp');
    expect(await derive('fm=webp&width=320&dl=other-name.webp')).toMatchObject({ sha256 });
    expect(await house.deriver.find(orderOf(image, 'w=320&fm=webp'))).toMatchObject({ sha256 });
    expect(rendered()).toBe(1);
    expect(house.deriver.stats()).toEqual({ rendered: 1, rendering: 0, waiting: 0, refused: 0, later: 0 });
    expect(await house.deriver.find(orderOf(image, 'w=321&fm=webp'))).toBeUndefined();
  });

  it('is made once for a hundred who ask at once', async () => {
    const asking = Array.from({ length: 100 }, () => derive('w=400&fm=webp'));
    const made = await Promise.all(asking);
    expect(rendered()).toBe(1);
    expect(new Set(made.map(({ sha256 }) => sha256)).size).toBe(1);
    for (const one of made) expect((await bytesOf(one)).length).toBe(one.size);
  });

  it('has its original looked into once, whatever is made of it', async () => {
    await Promise.all([100, 110, 120, 130].map((width) => derive(`w=${width}&fm=webp`)));
    await derive('w=140&fm=webp');
    expect(rendered()).toBe(5);
    expect(house.renderers.probes).toBe(1);
  });
});

describe('a picture by the real plan', () => {
  it('is what the grammar says', async () => {
    const deriver = house.deriverWith({ plan: planDelivery });
    const made = await deriver.derive(orderOf(image, 'w=200&h=150&fit=crop&sepia=50&fm=webp'));
    expect(made).toMatchObject({ contentType: 'image/webp', width: 200, height: 150 });
    expect(await sharp(await bytesOf(made)).metadata()).toMatchObject({ format: 'webp', width: 200 });
  });

  it('is refused where the plan refuses it', async () => {
    const deriver = house.deriverWith({ plan: planDelivery });
    const asked = orderOf(image, 'w=8192&h=8192&fit=scale&fm=webp');
    await expect(deriver.derive(asked)).rejects.toMatchObject({ code: 'invalid_request' });
    expect(rendered()).toBe(0);
  });
});

describe('the identity of a picture', () => {
  const other = (differences: Partial<StoredImage['record']>): StoredImage => ({
    ...image,
    record: { ...image.record, ...differences },
  });
  const order = (differences: Partial<DerivativeOrder> = {}): DerivativeOrder => ({
    ...orderOf(image, 'w=100&fm=webp'),
    ...differences,
  });
  const tint = { step: 'filter', tint: '#ff0000' } as never;

  it('is the same for what makes no difference', () => {
    const same = [
      order(),
      orderOf(image, 'fm=webp&width=100&dl=x&auto=format&ch=Width,DPR'),
      order({ steps: [] }),
      order({ image: other({ pipeline: { name: 'default', version: 2 } }) }),
      order({ image: other({ tags: { a: 'b' }, expires_at: '2030-01-01T00:00:00.000Z' }) }),
    ];
    expect(new Set(same.map(derivativeKey)).size).toBe(1);
  });

  it('is another one for everything that does', () => {
    const { original } = image.record;
    if (!original) throw new Error('no original');
    const filtered = { steps: [tint] };
    const marked = { ...original, sha256: 'f'.repeat(64) };
    const different = [
      order(),
      orderOf(image, 'w=101&fm=webp'),
      orderOf(image, 'w=100&fm=avif'),
      orderOf(image, 'w=100&fm=webp&auto=compress'),
      order({ image: other({ image_id: 'another' }) }),
      order({ image: other({ tenant_id: 'theirs' }) }),
      order({ image: other({ original: { ...original, sha256: '0'.repeat(64) } }) }),
      order(filtered),
      order({ ...filtered, image: other({ pipeline: { name: 'default', version: 2 } }) }),
      order({ ...filtered, image: other({ pipeline: { name: 'second', version: 1 } }) }),
      order({ marks: { logo: image } }),
      order({ marks: { logo: other({ original: marked }) } }),
    ];
    expect(new Set(different.map(derivativeKey)).size).toBe(different.length);
  });
});

describe('what the planner is given', () => {
  it('is the request, the header, the steps, and local files of the original and the marks', async () => {
    const seen: DeliveryPlanRequest[] = [];
    const deriver = house.deriverWith({
      plan: (input) => {
        seen.push(input);
        return smallPlan(input);
      },
    });
    const logo = await house.bring(sample('coffee.png'));
    const steps = [{ step: 'filter', tint: '#ff0000' } as never];
    const asked = orderOf(image, `w=90&fm=webp&mark=${logo.record.image_id}`);
    await deriver.derive({ ...asked, steps, marks: { [logo.record.image_id]: logo, stamp: image } });
    const [input] = seen;
    expect(input).toMatchObject({ request: asked.request, steps, probe: { format: 'jpeg' } });
    expect(await sharp(input?.sourcePath).metadata()).toMatchObject({ width: 640, height: 427 });
    expect(await sharp(input?.markPath).metadata()).toMatchObject({ format: 'png', width: 600 });
    expect(input?.markPaths?.stamp).toBe(input?.sourcePath);
  });
});

describe('one who leaves', () => {
  it('does not take the picture from the others', async () => {
    const gate = house.renderers.closeGate();
    const leaving = new AbortController();
    const gone = derive('w=200&fm=webp', leaving.signal);
    const stays = [derive('w=200&fm=webp', new AbortController().signal), derive('w=200&fm=webp')];
    await gate.arrived;
    leaving.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    gate.open();
    for (const one of await Promise.all(stays)) expect(one).toMatchObject({ width: 200 });
    expect(rendered()).toBe(1);
  });

  it('ends the work where it is the last, and leaves nothing behind', async () => {
    image = await house.bring(HUBBLE);
    const leaving = [new AbortController(), new AbortController()];
    const slow = leaving.map(({ signal }) => derive('fm=avif', signal));
    for (const one of slow) one.catch(() => {});
    await eventually(() => pool.stats().processes.some(({ busy }) => busy) && rendered() === 1);
    const restarts = pool.stats().restarts;
    for (const one of leaving) one.abort(new Error('enough'));
    for (const one of slow) await expect(one).rejects.toThrow('enough');
    await eventually(async () => pool.stats().restarts === restarts + 1);
    await eventually(async () => house.deriver.stats().rendering === 0);
    expect(await house.scratchFiles()).toEqual([]);
    expect(await house.cachedFiles()).toEqual([]);
    expect(house.deriver.stats()).toMatchObject({ rendering: 0, waiting: 0, rendered: 0 });
  });

  it('does not cost a renderer its life where the work is as good as done', async () => {
    const leaving = new AbortController();
    const gate = house.renderers.closeGate();
    const gone = derive('w=200&fm=webp', leaving.signal);
    gone.catch(() => {});
    await gate.arrived;
    const { restarts } = pool.stats();
    leaving.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    gate.open();
    await eventually(async () => (await house.deriver.find(orderOf(image, 'w=200&fm=webp'))) !== undefined);
    expect(pool.stats().restarts).toBe(restarts);
  });

  it('leaves the line at once where it waits in it', async () => {
    const gate = house.renderers.closeGate();
    const making = [100, 101, 102].map((width) => derive(`w=${width}&fm=webp`));
    await eventually(() => rendered() === 3);
    const leaving = new AbortController();
    const gone = derive('w=103&fm=webp', leaving.signal);
    await eventually(() => house.deriver.stats().waiting === 1);
    leaving.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    expect(house.deriver.stats().waiting).toBe(0);
    gate.open();
    await Promise.all(making);
    expect(rendered()).toBe(3);
  });
});

describe('an image that is erased', () => {
  it('takes everything with it that was made of it', async () => {
    const kept = [await derive('w=100&fm=webp'), await derive('w=200&fm=webp')];
    await house.erase(image);
    expect(await house.cachedFiles()).toEqual([]);
    for (const one of kept) await expect(one.read()).rejects.toMatchObject({ code: 'object_not_found' });
    await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code: 'image_not_found' });
  });

  const ways: { title: string; erase: (which: StoredImage) => Promise<unknown> }[] = [
    { title: 'here', erase: (which) => house.erase(which) },
    { title: 'by another process', erase: ({ record }) => deleteOriginal(record) },
    { title: 'in the cache alone', erase: ({ record }) => purgeCache(record) },
  ];
  const deleteOriginal = ({ original }: StoredImage['record']) =>
    house.platform.objects.delete([original?.key ?? '']);
  const purgeCache = ({ tenant_id: tenantId, image_id: imageId }: StoredImage['record']) =>
    house.platform.derivatives.purgeImage({ tenantId, imageId });

  describe.each(['before', 'after'] as const)('%s the pixels of a picture of it are made', (where) => {
    it.each(ways)('$title: the picture is not kept', async ({ erase }) => {
      const gate = house.renderers.closeGate(where);
      const making = derive('w=100&fm=webp');
      making.catch(() => {});
      await gate.arrived;
      await erase(image);
      gate.open();
      await expect(making).rejects.toMatchObject({ code: 'image_not_found' });
      expect(await house.cachedFiles()).toEqual([]);
      expect(await house.scratchFiles()).toEqual([]);
      expect(house.platform.derivatives.stats().entries).toBe(0);
    });
  });

  it('here, at any moment of its making: the picture is not kept', async () => {
    await derive('w=99&fm=webp');
    for (let turns = 0; turns < 40; turns += 4) {
      image = await house.bring(ROCKET);
      const making = derive(`w=${100 + turns}&fm=webp`).then(
        () => 'made',
        (error: unknown) => codeOf(error),
      );
      await sleep(turns);
      await house.erase(image);
      expect(['made', 'image_not_found']).toContain(await making);
      expect(await house.deriver.find(orderOf(image, `w=${100 + turns}&fm=webp`))).toBeUndefined();
    }
    expect(await house.cachedFiles()).toHaveLength(1);
  });
});

describe('a flood of different pictures', () => {
  it('is made in part, refused in part, at once, and leaves nothing behind', {
    timeout: 60_000,
  }, async () => {
    const before = process.memoryUsage().rss;
    let lateMs = 0;
    let last = performance.now();
    const pulse = setInterval(() => {
      lateMs = Math.max(lateMs, performance.now() - last);
      last = performance.now();
    }, 10);
    const start = performance.now();
    const refusals: number[] = [];
    const outcomes = await Promise.all(
      Array.from({ length: 2000 }, (_, number) =>
        derive(`w=${20 + (number % 500)}&h=${20 + number}&fit=scale&fm=webp`).then(
          () => 'made',
          (error: unknown) => {
            refusals.push(performance.now() - start);
            expect(error).toMatchObject({ extra: { retryAfterSeconds: expect.any(Number) } });
            return codeOf(error);
          },
        ),
      ),
    );
    clearInterval(pulse);
    const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
    expect(count('made') + count('overloaded')).toBe(2000);
    expect(count('made')).toBeGreaterThanOrEqual(60);
    expect(count('overloaded')).toBeGreaterThan(1500);
    const tookMs = performance.now() - start;
    expect(Math.max(...refusals)).toBeLessThan(tookMs / 2);
    expect(house.renderers.mostBytes).toBeLessThanOrEqual(MEMORY_BYTES);
    expect(house.deriver.stats()).toMatchObject({ rendering: 0, waiting: 0, refused: count('overloaded') });
    expect(await house.scratchFiles()).toEqual([]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    // Nobody else had to wait for the refusals: generous, the machine may be busy.
    expect(lateMs).toBeLessThan(2000);
  });

  it('does not keep the pipeline from the renderers', async () => {
    const flood = Array.from({ length: 60 }, (_, number) => derive(`w=${300 + number}&fm=webp`));
    await eventually(() => house.deriver.stats().waiting > 50);
    await pipelineRenders(3);
    expect(house.deriver.stats().waiting).toBeGreaterThan(20);
    await Promise.all(flood);
  });

  it('of the pipeline does not keep readers waiting', async () => {
    const runs = pipelineRenders(60);
    await eventually(() => pool.stats().waiting > 50);
    await derive('w=300&fm=webp');
    expect(pool.stats().waiting).toBeGreaterThan(20);
    await runs;
  });

  const pipelineRenders = async (count: number) => {
    const plan = planOf({ path: ROCKET, format: 'jpeg' }, { width: 400, height: 300 });
    const render = async () => {
      const scratch = await house.platform.objects.scratch();
      await pool.render(plan, { outDir: scratch.path, estimatedBytes: 2 ** 27 });
      await scratch.release();
    };
    await Promise.all(Array.from({ length: count }, render));
  };
});

describe('a picture for later', () => {
  const later = (query: string) => house.deriver.deriveLater(orderOf(image, query));
  const isThere = async (query: string) => (await house.deriver.find(orderOf(image, query))) !== undefined;

  it('is made once, however often it is asked for', async () => {
    for (let time = 0; time < 20; time += 1) later('w=64&fm=avif');
    await eventually(() => isThere('w=64&fm=avif'));
    later('w=64&fm=avif');
    await eventually(() => house.deriver.stats().later === 0);
    expect(rendered()).toBe(1);
  });

  it('gives way to those that somebody waits for', async () => {
    const gate = house.renderers.closeGate();
    const first = [100, 101].map((width) => derive(`w=${width}&fm=webp`));
    await eventually(() => rendered() === 2);
    for (const width of [60, 61, 62, 63]) later(`w=${width}&fm=webp`);
    await eventually(() => rendered() === 3);
    const urgent = [110, 111, 112].map((width) => derive(`w=${width}&fm=webp`));
    await eventually(() => house.planned === 6);
    gate.open();
    await Promise.all([...first, ...urgent]);
    await eventually(() => isThere('w=63&fm=webp'));
    const widths = house.renderers.widths.slice(3);
    // between those that came at the same time the cache decides, by which it has looked for first
    expect(widths.slice(0, 3).toSorted()).toEqual([110, 111, 112]);
    expect(widths.slice(3)).toEqual([61, 62, 63]);
  });

  it('is shared with one who comes and waits for it', async () => {
    const gate = house.renderers.closeGate();
    later('w=64&fm=avif');
    await gate.arrived;
    const waiting = derive('w=64&fm=avif');
    gate.open();
    expect(await waiting).toMatchObject({ contentType: 'image/avif', width: 64 });
    expect(rendered()).toBe(1);
  });

  it('waits for nobody else once somebody waits for it', async () => {
    const gate = house.renderers.closeGate();
    const making = [100, 101, 102].map((width) => derive(`w=${width}&fm=webp`));
    await eventually(() => rendered() === 3);
    later('w=64&fm=webp');
    await eventually(() => house.planned === 4);
    making.push(derive('w=64&fm=webp'));
    making.push(derive('w=110&fm=webp'));
    await eventually(() => house.planned === 5);
    gate.open();
    await Promise.all(making);
    expect(house.renderers.widths.slice(3)).toEqual([64, 110]);
  });

  it('throws nothing where it cannot be made, and is not tried again at once', async () => {
    house.renderers.failWith(new Failure('render_too_costly', 'too much'));
    later('w=64&fm=avif');
    await eventually(() => rendered() === 1);
    await eventually(() => house.deriver.stats().rendering === 0);
    house.deriver.deriveLater({ ...orderOf(image, 'w=64&fm=webp'), image: withoutOriginal(image) });
    later('w=64&fm=avif');
    later('w=65&fm=avif');
    await eventually(() => house.renderers.widths.includes(65));
    await eventually(() => house.deriver.stats().later === 0 && house.deriver.stats().rendering === 0);
    expect(house.renderers.widths).toEqual([64, 65]);
  });

  it('is dropped where there are too many', async () => {
    const gate = house.renderers.closeGate();
    for (let width = 100; width < 1000; width += 1) later(`w=${width}&fm=webp`);
    await gate.arrived;
    expect(house.deriver.stats().later).toBe(256);
    house.renderers.failWith(new Failure('render_failed', 'no more'));
    gate.open();
  });
});

function withoutOriginal({ record, ...rest }: StoredImage): StoredImage {
  const { original: _, ...blank } = record;
  return { ...rest, record: blank };
}

describe('a picture that cannot be made', () => {
  it.each(['render_too_costly', 'renderer_crashed', 'image_corrupt'] as const)(
    'for %s is not tried again for a while',
    async (code) => {
      house.renderers.failWith(new Failure(code, 'not this one'));
      for (let time = 0; time < 3; time += 1) {
        await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code, message: 'not this one' });
      }
      expect(rendered()).toBe(1);
      house.renderers.failWith();
      expect(await derive('w=101&fm=webp')).toMatchObject({ width: 101 });
      await house.clock.advance(61_000);
      expect(await derive('w=100&fm=webp')).toMatchObject({ width: 100 });
      expect(await house.scratchFiles()).toEqual([]);
    },
  );

  it.each(['overloaded', 'storage_full', 'shutting_down'] as const)(
    'for %s is tried by the next one who asks',
    async (code) => {
      house.renderers.failWith(new Failure(code, 'not now'));
      await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code });
      house.renderers.failWith();
      expect(await derive('w=100&fm=webp')).toMatchObject({ width: 100 });
    },
  );

  it('for its original is damaged says so', async () => {
    const { key } = image.record.original ?? { key: '' };
    await house.platform.objects.withLocalFile(key, (path) => truncate(path, 1000));
    await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code: 'object_damaged' });
  });

  it('for nothing was uploaded says so', async () => {
    image = withoutOriginal(image);
    await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code: 'image_not_ready' });
  });
});

describe('a cache that fails', () => {
  const withCache = (differences: Partial<DerivativeCache>) =>
    house.deriverWith({ cache: { ...house.platform.derivatives, ...bound(), ...differences } });
  /** The methods of a class are not copied by a spread. */
  const bound = (): DerivativeCache => ({
    get: (key) => house.platform.derivatives.get(key),
    begin: (owner) => house.platform.derivatives.begin(owner),
    purgeImage: (owner) => house.platform.derivatives.purgeImage(owner),
    stats: () => house.platform.derivatives.stats(),
  });
  const full = new Failure('storage_full', 'no room');
  const isWhole = async (made: Derivative) => {
    const bytes = await bytesOf(made);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 100 });
    expect((await bytesOf(made, { start: 5, end: 9 })).equals(bytes.subarray(5, 10))).toBe(true);
  };

  it('to read is as good as empty', async () => {
    const deriver = withCache({ get: () => Promise.reject(full) });
    await isWhole(await deriver.derive(orderOf(image, 'w=100&fm=webp')));
  });

  it('to keep does not take the picture from who asked', async () => {
    const deriver = withCache({
      begin: () => ({ keep: () => Promise.reject(full), end: () => {} }),
    });
    await isWhole(await deriver.derive(orderOf(image, 'w=100&fm=webp')));
    expect(await house.scratchFiles()).toEqual([]);
  });
});

describe('stopping', () => {
  it('ends what is under way, and leaves nothing behind', async () => {
    image = await house.bring(HUBBLE);
    const making = [
      derive('fm=avif'),
      derive('w=900&fm=avif'),
      derive('w=901&fm=avif'),
      derive('w=9&fm=avif'),
    ];
    house.deriver.deriveLater(orderOf(image, 'w=902&fm=avif'));
    for (const one of making) one.catch(() => {});
    await eventually(() => pool.stats().processes.filter(({ busy }) => busy).length === 2);
    await house.deriver.stop();
    for (const one of making) await expect(one).rejects.toMatchObject({ code: 'shutting_down' });
    expect(await house.scratchFiles()).toEqual([]);
    await expect(derive('w=100&fm=webp')).rejects.toMatchObject({ code: 'shutting_down' });
    house.deriver.deriveLater(orderOf(image, 'w=903&fm=avif'));
    expect(house.deriver.stats()).toMatchObject({ rendering: 0, waiting: 0, later: 0 });
  });
});
