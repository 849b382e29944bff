import { describe, expect, test } from 'vitest';
import { isPassedThrough, leadOf, type Source } from './lead.ts';
import type { Size } from './picture.ts';
import type { Frame, Operation, Output } from './render-plan.ts';
import { AVIF, GIF, JPEG, operations, output, PNG, planOf, WEBP } from './testing/plans.ts';

const SOURCE: Source = { stored: { width: 6000, height: 4000 }, orientation: 6, pages: 1, hasAlpha: false };
const orient = operations({ op: 'orient' });
const sized = operations({ op: 'orient' }, { op: 'resize', width: 1000, height: 1500 });

describe('leadOf', () => {
  test.each<[string, string | undefined, Operation[], object]>([
    ['nothing asked', undefined, [], { operationsDone: 0, isUpright: false, size: '6000x4000' }],
    ['upright', undefined, orient, { operationsDone: 1, isUpright: true, size: '4000x6000' }],
    ['sized without leave to shrink', undefined, sized, { operationsDone: 1, size: '4000x6000' }],
    ['sized with leave', '1000x1500', sized, { operationsDone: 2, scaled: '1000x1500', size: '1000x1500' }],
    [
      'sized and cut',
      '1000x1500',
      [...sized, ...operations({ op: 'extract', left: 1, top: 2, width: 30, height: 40 })],
      {
        operationsDone: 3,
        scaled: '1000x1500',
        cut: { left: 1, top: 2, width: 30, height: 40 },
        size: '30x40',
      },
    ],
    [
      'leave, for sizes that come later',
      '1000x1500',
      orient,
      { operationsDone: 1, scaled: '2000x3000', size: '2000x3000' },
    ],
    ['leave, but hardly smaller', '3000x4500', orient, { operationsDone: 1, size: '4000x6000' }],
    [
      'sized after something else',
      '1000x600',
      operations({ op: 'blur', sigma: 1 }, { op: 'resize', width: 1, height: 1 }),
      { operationsDone: 0, scaled: '1500x1000', size: '1500x1000' },
    ],
  ])('%s', (_, shrinkTo, list, expected) => {
    const [width = 0, height = 0] = shrinkTo?.split('x').map(Number) ?? [];
    const lead = leadOf(SOURCE, { decode: 'first', ...(shrinkTo && { shrinkTo: { width, height } }) }, list);
    expect({
      ...lead,
      size: written(lead.size),
      ...(lead.scaled && { scaled: written(lead.scaled) }),
    }).toMatchObject(expected);
    expect('scaled' in lead).toBe('scaled' in expected);
  });

  function written({ width, height }: Size): string {
    return `${width}x${height}`;
  }
});

describe('isPassedThrough', () => {
  const outputs = [output('a', WEBP)];
  interface Case {
    source?: Partial<Source>;
    frame?: Partial<Frame>;
    outputs?: Output[];
    child?: boolean;
    placeholder?: boolean;
  }
  test.each<[boolean, string, Case]>([
    [true, 'one output of a large picture', {}],
    [true, 'a small picture', { source: { stored: { width: 600, height: 400 } } }],
    [false, 'two outputs', { outputs: [output('a', WEBP), output('b', PNG)] }],
    [false, 'no output', { outputs: [] }],
    [
      false,
      'an operation that is not done while decoding',
      { frame: { operations: operations({ op: 'orient' }, { op: 'greyscale' }) } },
    ],
    [false, 'another frame is made from it', { child: true }],
    [false, 'the placeholder is', { placeholder: true }],
    [true, 'alpha into a format that has it', { source: { hasAlpha: true } }],
    [false, 'alpha into a JPEG', { source: { hasAlpha: true }, outputs: [output('a', JPEG)] }],
    [true, 'an animation as it is', { source: { pages: 9, orientation: 1 } }],
    [true, 'an animation as GIF', { source: { pages: 9, orientation: 1 }, outputs: [output('a', GIF)] }],
    [
      false,
      'an animation that becomes a still',
      { source: { pages: 9, orientation: 1 }, outputs: [output('a', AVIF)] },
    ],
    [false, 'an animation that has to be turned', { source: { pages: 9, orientation: 3 } }],
    [
      false,
      'an animation that is sized: pages would bleed into each other',
      {
        source: { pages: 9, orientation: 1 },
        frame: {
          from: { decode: 'all', shrinkTo: { width: 3000, height: 2000 } },
          operations: operations({ op: 'orient' }, { op: 'resize', width: 3000, height: 2000 }),
        },
      },
    ],
  ])('%s: %s', (expected, _, given) => {
    const source = { ...SOURCE, ...given.source };
    const frame: Frame = {
      id: 'a',
      from: { decode: 'all' },
      operations: orient,
      outputs: given.outputs ?? outputs,
      ...given.frame,
    };
    const child: Frame = { id: 'b', from: { frame: 'a' }, operations: [], outputs: [] };
    const plan = {
      ...planOf('x', given.child ? [frame, child] : [frame]),
      ...(given.placeholder && { placeholderFrom: 'a' }),
    };
    if (!('decode' in frame.from)) throw new Error('these come from the file');
    expect(isPassedThrough(plan, frame, source, leadOf(source, frame.from, frame.operations))).toBe(expected);
  });
});
