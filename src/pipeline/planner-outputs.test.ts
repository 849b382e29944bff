import { describe, expect, it } from 'vitest';
import type { Probe } from '../pixels/picture.ts';
import { defaultPipeline } from './default-pipeline.ts';
import type { PipelineDocument } from './document.ts';
import { type PlanRequest, planPipeline } from './planner.ts';
import { animationOf, describePlan, documentOf, probeOf } from './testing/plans.ts';

const photo = probeOf({ width: 2560, height: 1600 });

function plan(document: PipelineDocument, probe: Probe = photo, more: Partial<PlanRequest> = {}) {
  return planPipeline({ document, probe, sourcePath: '/photo', ...more });
}

const inside = (name: string, side: number) => ({ name, width: side, height: side });
const sizes = (...variants: object[]) => ({ step: 'resize', variants });
const filter = (it: object) => ({ step: 'filter', ...it });

describe('outputs that wait for their first request', () => {
  it('are left out, and named', () => {
    const { deferred, notes } = plan(defaultPipeline);
    expect(deferred).toEqual([
      { variant: 'thumbnail', format: 'avif' },
      { variant: 'medium', format: 'avif' },
      { variant: 'large', format: 'avif' },
    ]);
    expect(notes.convert).toEqual({ status: 'done', note: 'made when first asked for: avif' });
  });

  it('are made alone when they are asked for', () => {
    const only = { variant: 'medium', format: 'avif' };
    const { plan: made, deferred, notes } = plan(defaultPipeline, photo, { only });
    expect(describePlan(made)).toEqual(['first shrunk to 800x500 | orient 800x500 | medium.avif']);
    expect(made.placeholderFrom).toBeUndefined();
    expect(deferred).toEqual([]);
    expect(notes).toMatchObject({ placeholder: { status: 'skipped' }, notify: { status: 'skipped' } });
  });

  it.each([
    { variant: 'huge', format: 'webp' },
    { variant: 'medium', format: 'png' },
  ])('$variant as $format is refused: the pipeline does not make it', (only) => {
    expect(() => plan(defaultPipeline, photo, { only })).toThrow(
      expect.objectContaining({ code: 'variant_not_found' }),
    );
  });
});

describe('a format that cannot hold the size', () => {
  const wide = { width: 20_000, height: 1000 };
  const filesOf = ({ plan: { frames } }: ReturnType<typeof plan>) =>
    frames.flatMap(({ outputs }) => outputs.map(({ file }) => file));

  it.each<[string, object[], Probe, string[], string | undefined]>([
    [
      'becomes JPEG',
      [{ format: 'webp' }],
      probeOf(wide),
      ['full.jpg'],
      'full is jpeg instead of webp: 20000 x 1000 is more than 16383 pixels a side',
    ],
    [
      'becomes PNG where it has alpha',
      [{ format: 'webp' }],
      probeOf(wide, { hasAlpha: true }),
      ['full.png'],
      'full is png instead of webp: 20000 x 1000 is more than 16383 pixels a side',
    ],
    [
      'joins the JPEG that is made anyway',
      [{ format: 'webp' }, { format: 'jpeg' }],
      probeOf(wide),
      ['full.jpg'],
      'full is jpeg instead of webp: 20000 x 1000 is more than 16383 pixels a side',
    ],
    [
      'brings forward the JPEG that could have waited',
      [{ format: 'webp' }, { format: 'jpeg', when: 'first_request' }],
      probeOf(wide),
      ['full.jpg'],
      'full is jpeg instead of webp: 20000 x 1000 is more than 16383 pixels a side',
    ],
    [
      'becomes PNG where JPEG cannot hold it either',
      [{ format: 'webp' }],
      probeOf({ width: 65_501, height: 100 }),
      ['full.png'],
      'full is png instead of webp: 65501 x 100 is more than 16383 pixels a side',
    ],
    [
      'is left alone where it can',
      [{ format: 'webp' }],
      probeOf({ width: 16_383, height: 1000 }),
      ['full.webp'],
      undefined,
    ],
  ])('%s', (_, outputs, probe, files, note) => {
    const planned = plan(documentOf({ step: 'convert', outputs }), probe);
    expect(filesOf(planned)).toEqual(files);
    expect(planned.notes.convert?.note).toBe(note);
  });

  it('keeps to the fields of the format it becomes', () => {
    const outputs = [{ format: 'webp' }, { format: 'jpeg', quality: 33 }];
    const [frame] = plan(documentOf({ step: 'convert', outputs }), probeOf(wide)).plan.frames;
    expect(frame?.outputs).toMatchObject([{ encoding: { format: 'jpeg', quality: 33 } }]);
  });
});

describe('an animation past its limits', () => {
  const formatsMoving = (probe: Probe, ...steps: object[]) => {
    const { frames } = plan(documentOf(...steps), probe).plan;
    return frames.some(({ from }) => 'decode' in from && from.decode === 'all');
  };
  const gif = { step: 'convert', outputs: [{ format: 'gif' }] };

  it.each<[string, Probe, object[], string]>([
    [
      'too long',
      animationOf({ width: 100, height: 100 }, 26_000),
      [gif],
      'animation too long, 26000 frames where 300 are allowed: a still of its first frame',
    ],
    [
      'too large in all',
      animationOf({ width: 1000, height: 1000 }, 101),
      [gif],
      'animation too large, 101 megapixels in all where 100 are allowed: a still of its first frame',
    ],
    [
      'too large once it is turned',
      animationOf({ width: 1000, height: 1000 }, 60),
      [filter({ rotate: { angle: 45 } }), gif],
      'animation too large, 121 megapixels in all where 100 are allowed: a still of its first frame',
    ],
    [
      'no animation at all but pages',
      probeOf({ width: 100, height: 100 }, { format: 'tiff', pages: 3 }),
      [gif],
      'the file has 3 pages and is no animation: a still of its first frame',
    ],
  ])('%s becomes a still', (_, probe, steps, note) => {
    expect(formatsMoving(probe, ...steps)).toBe(false);
    expect(plan(documentOf(...steps), probe).notes.validate).toEqual({ status: 'done', note });
  });

  it('moves at its limits', () => {
    expect(formatsMoving(animationOf({ width: 1000, height: 333 }, 300), gif)).toBe(true);
  });

  it('moves in the variants that stay within them', () => {
    const document = documentOf(sizes(inside('a', 90), { ...inside('b', 8192), enlarge: true }), gif);
    const { plan: made, notes } = plan(document, animationOf({ width: 100, height: 100 }, 300));
    expect(describePlan(made)).toEqual([
      'all shrunk to 90x90 | orient 90x90 | a.gif',
      'first | orient 8192x8192 | b.gif',
    ]);
    expect(notes.convert?.note).toBe('the first frame only: b.gif');
  });

  it.each<[string, object[]]>([
    [
      'cut from a whole that is',
      [sizes({ name: 'a', width: 8192, height: 40, fit: 'cover', enlarge: true })],
    ],
    [
      'turned into a canvas that is',
      [sizes({ ...inside('a', 500), enlarge: true }), filter({ rotate: { angle: 45 } })],
    ],
  ])('stands still where it is within them itself, but %s not', (_, steps) => {
    const { plan: made, notes } = plan(documentOf(...steps, gif), animationOf({ width: 2, height: 2 }, 300));
    expect(made.frames.map(({ from }) => from)).toEqual([{ decode: 'first' }]);
    expect(notes.convert?.note).toBe('the first frame only: a.gif');
  });
});
