import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlledClock, createFakeClock } from '../images/clock.contract.ts';
import { defaultPipeline } from './default-pipeline.ts';
import { type PipelineDocument, parsePipeline } from './document.ts';
import type { PipelineStore } from './pipeline-store.ts';

export interface PipelineStoreUnderTest {
  readonly pipelines: PipelineStore;
  close(): Promise<void>;
}

export type OpenPipelineStore = (clock: ControlledClock) => Promise<PipelineStoreUnderTest>;

const resize = (name: string, width: number): PipelineDocument =>
  parsePipeline({
    name,
    steps: [
      { step: 'resize', variants: [{ name: 'small', width }] },
      { step: 'convert', outputs: [{ format: 'webp' }] },
    ],
  });

export function pipelineStoreContract(name: string, open: OpenPipelineStore): void {
  describe(`${name} keeps the PipelineStore contract`, () => {
    let clock: ControlledClock;
    let opened: PipelineStoreUnderTest;
    let pipelines: PipelineStore;

    beforeEach(async () => {
      clock = createFakeClock();
      opened = await open(clock);
      pipelines = opened.pipelines;
    });
    afterEach(() => opened.close());

    it('keeps a document as it is', async () => {
      const stored = await pipelines.put('ours', defaultPipeline);
      const { name } = defaultPipeline;
      expect(stored).toEqual({ name, version: 1, document: defaultPipeline, createdAt: clock.now() });
      expect(await pipelines.get('ours', name)).toEqual(stored);
    });

    it('counts a version for each change, and keeps them all', async () => {
      const versions = [];
      for (const width of [100, 200, 300]) {
        await clock.advance(1_000);
        versions.push(await pipelines.put('ours', resize('web', width)));
      }
      expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
      for (const stored of versions) {
        expect(await pipelines.get('ours', 'web', stored.version)).toEqual(stored);
      }
      expect(await pipelines.get('ours', 'web')).toEqual(versions[2]);
    });

    it('adds no version for a document that is equal, however its members are ordered', async () => {
      const first = await pipelines.put('ours', resize('web', 100));
      await clock.advance(1_000);
      expect(await pipelines.put('ours', resize('web', 100))).toEqual(first);
      expect(await pipelines.put('ours', reordered(resize('web', 100)))).toEqual(first);
    });

    it('adds a version for going back', async () => {
      for (const width of [100, 200, 100]) await pipelines.put('ours', resize('web', width));
      expect(await pipelines.get('ours', 'web')).toMatchObject({ version: 3 });
    });

    it('minds the order of the steps', async () => {
      await pipelines.put('ours', resize('web', 100));
      const turned = { ...resize('web', 100), steps: resize('web', 100).steps.toReversed() };
      expect(await pipelines.put('ours', turned)).toMatchObject({ version: 2 });
    });

    it('gives many who put at once one version each', async () => {
      const widths = Array.from({ length: 16 }, (_, number) => number + 1);
      const stored = await Promise.all(widths.map((width) => pipelines.put('ours', resize('web', width))));
      expect(stored.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(widths);
    });

    it('answers nothing for what is not there', async () => {
      await pipelines.put('ours', resize('web', 100));
      expect(await pipelines.get('ours', 'nope')).toBeUndefined();
      expect(await pipelines.get('ours', 'web', 2)).toBeUndefined();
      expect(await pipelines.get('ours', 'web', 0)).toBeUndefined();
    });

    it('lists the newest version of each, by name', async () => {
      expect(await pipelines.list('ours')).toEqual([]);
      for (const [of, width] of [
        ['web', 1],
        ['app', 2],
        ['web', 3],
      ] as const) {
        await pipelines.put('ours', resize(of, width));
      }
      const listed = await pipelines.list('ours');
      expect(listed.map(({ name, version }) => `${name} ${version}`)).toEqual(['app 1', 'web 2']);
      expect(listed[1]?.document).toEqual(resize('web', 3));
    });

    it('keeps tenants apart', async () => {
      await pipelines.put('theirs', resize('web', 100));
      await pipelines.put('theirs', resize('web', 200));
      expect(await pipelines.get('ours', 'web')).toBeUndefined();
      expect(await pipelines.get('ours', 'web', 1)).toBeUndefined();
      expect(await pipelines.list('ours')).toEqual([]);
      expect(await pipelines.put('ours', resize('web', 300))).toMatchObject({ version: 1 });
    });
  });
}

/** The same document with the members of every object in the opposite order. */
function reordered(document: PipelineDocument): PipelineDocument {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([name, member]) => [name, turn(member)]),
    );
  };
  return turn(document) as PipelineDocument;
}
