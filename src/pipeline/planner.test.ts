import { describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import type { Probe } from '../pixels/picture.ts';
import { defaultPipeline } from './default-pipeline.ts';
import { type PipelineDocument, parsePipeline } from './document.ts';
import { type PlanRequest, planPipeline } from './planner.ts';
import { planStepByStep } from './step-by-step.ts';
import { animationOf, describePlan, documentOf, probeOf } from './testing/plans.ts';

const photo = probeOf({ width: 2560, height: 1600 });
const small = probeOf({ width: 640, height: 427 });
const onlyPng = { step: 'convert', outputs: [{ format: 'png' }] };

function plan(document: PipelineDocument, probe: Probe = photo, more: Partial<PlanRequest> = {}) {
  return planPipeline({ document, probe, sourcePath: '/photo', ...more });
}

const inside = (name: string, side: number) => ({ name, width: side, height: side });
const sizes = (...variants: object[]) => ({ step: 'resize', variants });
const filter = (it: object) => ({ step: 'filter', ...it });

describe('the frames of a fused plan', () => {
  it.each<[string, PipelineDocument, Probe, string[]]>([
    [
      'one decode, each size from the nearest larger one',
      defaultPipeline,
      photo,
      [
        'first shrunk to 1600x1000 | orient 1600x1000 | large.webp large.jpg',
        'whole 1600x1000 | 800x500 | medium.webp medium.jpg',
        'whole 800x500 | 256x160 | thumbnail.webp thumbnail.jpg',
      ],
    ],
    [
      'variants that are not enlarged share the picture, and are written each under its own name',
      defaultPipeline,
      small,
      [
        'first | orient | medium.webp medium.jpg large.webp large.jpg',
        'the source | 256x171 | thumbnail.webp thumbnail.jpg',
      ],
    ],
    [
      'sizes close to one another do not become a chain',
      documentOf(sizes(inside('a', 900), inside('b', 800), inside('c', 700)), onlyPng),
      photo,
      [
        'first shrunk to 900x563 | orient | ',
        'the source | 900x563 | a.png',
        'the source | 800x500 | b.png',
        'whole 900x563 | 700x438 | c.png',
      ],
    ],
    [
      'filters of single pixels wait for the first shrink',
      documentOf(
        filter({ greyscale: true }),
        filter({ gamma: 2 }),
        sizes(inside('a', 900), inside('b', 90)),
        onlyPng,
      ),
      photo,
      ['first shrunk to 900x563 | orient 900x563 greyscale gamma | a.png', 'whole 900x563 | 90x56 | b.png'],
    ],
    [
      'filters of neighbours need the full size, and those before them stay before them',
      documentOf(
        filter({ tint: '#ff0000' }),
        filter({ blur: 3 }),
        filter({ gamma: 2 }),
        sizes(inside('a', 900)),
        onlyPng,
      ),
      photo,
      ['first | orient tint blur 900x563 gamma | a.png'],
    ],
    [
      'nothing waits where the picture is made larger',
      documentOf(filter({ greyscale: true }), sizes({ ...inside('a', 5120), enlarge: true }), onlyPng),
      photo,
      ['first | orient greyscale 5120x3200 | a.png'],
    ],
    [
      'filters and marks after the sizing go on each variant, and not into the smaller ones',
      documentOf(
        sizes(inside('a', 900), inside('b', 90)),
        filter({ blur: 2 }),
        { step: 'watermark', text: 'me' },
        onlyPng,
      ),
      photo,
      [
        'first shrunk to 900x563 | orient 900x563 | ',
        'whole 900x563 | blur watermark | a.png',
        'whole 900x563 | 90x56 blur watermark | b.png',
      ],
    ],
    [
      'crops are cut from the whole picture at their size',
      documentOf(
        filter({ flip: 'horizontal' }),
        sizes(inside('a', 900), { ...inside('b', 200), fit: 'cover', position: 'left' }),
        onlyPng,
      ),
      photo,
      [
        'first shrunk to 900x563 | orient 900x563 flip | a.png',
        'whole 900x563 | 320x200 extract(0,0,200x200) | b.png',
      ],
    ],
    [
      'what catches the eye is searched for at full size',
      documentOf(
        sizes(inside('a', 900), { ...inside('b', 200), fit: 'cover', position: 'attention' }),
        onlyPng,
      ),
      photo,
      ['first | orient | ', 'the source | 900x563 | a.png', 'the source | fit-cover | b.png'],
    ],
    [
      'exact sizes come from the whole picture too',
      documentOf(sizes(inside('a', 900), { ...inside('b', 200), fit: 'exact' }), onlyPng),
      photo,
      ['first shrunk to 900x563 | orient 900x563 | a.png', 'whole 900x563 | 200x200 | b.png'],
    ],
    [
      'a quarter turn is known ahead',
      documentOf(filter({ rotate: { angle: -90 } }), filter({ gamma: 2 }), sizes(inside('a', 900)), onlyPng),
      photo,
      ['first shrunk to 900x563 | orient rotate 563x900 gamma | a.png'],
    ],
    [
      'a picture that was trimmed or turned is fitted when its size is known',
      documentOf(
        filter({ trim: {} }),
        filter({ gamma: 2 }),
        sizes(inside('a', 900), inside('b', 90)),
        onlyPng,
      ),
      photo,
      ['first | orient trim gamma | ', 'the source | fit-inside | a.png', 'the source | fit-inside | b.png'],
    ],
    [
      'without a resize there is one variant, the picture in its own size',
      documentOf(onlyPng),
      photo,
      ['first | orient | full.png'],
    ],
    [
      'a picture that lies on its side is sized as it is viewed',
      documentOf(sizes(inside('a', 900)), onlyPng),
      probeOf({ width: 2560, height: 1600 }, { viewed: { width: 1600, height: 2560 }, orientation: 6 }),
      ['first shrunk to 563x900 | orient 563x900 | a.png'],
    ],
    [
      'an animation moves where the format can; the others show its first frame',
      documentOf(sizes(inside('a', 300), inside('b', 90))),
      animationOf({ width: 640, height: 427 }, 20),
      [
        'all shrunk to 300x200 | orient 300x200 | a.webp',
        'moving whole 300x200 | 90x60 | b.webp',
        'first shrunk to 300x200 | orient 300x200 | a.jpg',
        'whole 300x200 | 90x60 | b.jpg',
      ],
    ],
  ])('%s', (_, document, probe, frames) => {
    expect(describePlan(plan(document, probe).plan)).toEqual(frames);
  });

  it('the step-by-step plan decodes for every output anew', () => {
    const document = documentOf(
      filter({ gamma: 2 }),
      sizes(inside('a', 900), { name: 'b' }),
      filter({ blur: 2 }),
    );
    expect(describePlan(planStepByStep({ document, probe: photo, sourcePath: '/photo' }).plan)).toEqual([
      'first | orient gamma fit-inside blur | a.webp',
      'first | orient gamma fit-inside blur | a.jpg',
      'first | orient gamma blur | b.webp',
      'first | orient gamma blur | b.jpg',
    ]);
  });
});

describe('what is told about the steps', () => {
  it('names variants that stayed smaller than asked', () => {
    expect(plan(defaultPipeline, small).notes).toMatchObject({
      orient: { status: 'skipped', note: 'upright already' },
      resize: { status: 'done', note: 'not enlarged: medium, large; the picture has 640 x 427 pixels' },
    });
    expect(plan(defaultPipeline, photo).notes.resize).toEqual({ status: 'done' });
  });

  it('says where borders were not looked for', () => {
    const trim = filter({ trim: {} });
    const document = documentOf(trim, sizes(inside('a', 20), inside('b', 2), inside('c', 9)), trim, onlyPng);
    const why = 'under 3 pixels a side, which is too small to look for borders';
    expect(plan(document, probeOf({ width: 2, height: 300 })).notes.filter).toEqual({
      status: 'done',
      note: `not trimmed: ${why}`,
    });
    expect(plan(document, photo).notes).toMatchObject({
      filter: { status: 'done' },
      filter_2: { status: 'done', note: `not trimmed: b; ${why}` },
    });
  });

  it('names every step of the document, and operations name theirs', () => {
    const document = documentOf(
      filter({ gamma: 2 }),
      filter({ blur: 1 }),
      sizes(inside('a', 9)),
      filter({ tint: '#ff0000' }),
    );
    const { notes, plan: made } = plan(document, probeOf(photo.stored, { orientation: 3 }));
    expect(Object.keys(notes)).toEqual([
      'validate',
      'orient',
      'filter',
      'filter_2',
      'resize',
      'filter_3',
      'convert',
      'metadata',
      'placeholder',
      'notify',
    ]);
    const steps = made.frames.flatMap(({ operations }) => operations.map(({ step }) => step));
    expect(steps).toEqual(['orient', 'filter', 'filter_2', 'resize', 'filter_3']);
  });

  it('takes the placeholder from the smallest variant that shows the whole picture', () => {
    const crop = { ...inside('crop', 50), fit: 'cover' };
    const document = documentOf(sizes(crop, inside('a', 900), inside('b', 90)), onlyPng);
    expect(plan(document).plan.placeholderFrom).toBe('whole 90x56');
  });
});

describe('watermark images', () => {
  const document = parsePipeline(
    { name: 'test', steps: [{ step: 'watermark', image: 'logo.png', place: 'tile' }, onlyPng] },
    { localFiles: true },
  );

  it('are read from the local file they were fetched into', () => {
    const { frames } = plan(document, photo, { markPaths: { 'logo.png': '/tmp/1' } }).plan;
    expect(frames[0]?.operations.at(-1)).toMatchObject({
      op: 'watermark',
      mark: { path: '/tmp/1' },
      place: 'tile',
    });
  });

  it.each(['logo.png', 'constructor'])('that are missing are named: %s', (image) => {
    const other = parsePipeline(
      { name: 'test', steps: [{ step: 'watermark', image }] },
      { localFiles: true },
    );
    expect(() => plan(other)).toThrow(
      new Failure(
        'invalid_pipeline',
        `The watermark image ${image} is not there. Upload it again and name its image_id in the pipeline.`,
      ),
    );
  });
});

describe('canvases that nobody could hold', () => {
  it.each([
    [45, { width: 50_000, height: 1000 }, true],
    [90, { width: 50_000, height: 1000 }, false],
    [180, { width: 50_000, height: 1000 }, false],
    [45, { width: 8660, height: 5770 }, false],
  ])('turned by %d degrees, %j', (angle, size, tooCostly) => {
    const planning = () => plan(documentOf(filter({ rotate: { angle } }), onlyPng), probeOf(size));
    if (tooCostly) expect(planning).toThrow(expect.objectContaining({ code: 'render_too_costly' }));
    else expect(planning).not.toThrow();
  });

  it('a sliver that has to be enlarged beyond all bounds before most of it is cut off', () => {
    const cover = { name: 'a', width: 8192, height: 8192, fit: 'cover', enlarge: true };
    const planning = () => plan(documentOf(sizes(cover), onlyPng), probeOf({ width: 3, height: 600 }));
    expect(planning).toThrow(expect.objectContaining({ code: 'render_too_costly' }));
    expect(planning).toThrow('8192 x 1638400');
  });

  it('a variant that is turned after it was enlarged', () => {
    const document = documentOf(
      sizes({ name: 'a', width: 8192, height: 8192, enlarge: true }),
      filter({ rotate: { angle: 45 } }),
      onlyPng,
    );
    expect(() => plan(document, probeOf({ width: 10, height: 10 }))).toThrow(
      expect.objectContaining({ code: 'render_too_costly' }),
    );
  });

  it('no side of an enlarged picture is longer than 8192 pixels', () => {
    const document = documentOf(sizes({ name: 'a', width: 8192, enlarge: true }), onlyPng);
    expect(describePlan(plan(document, probeOf({ width: 10, height: 1000 })).plan)).toEqual([
      'first | orient 82x8192 | a.png',
    ]);
  });
});
