import { describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import type { Rendered, RenderPlan } from '../pixels/render-plan.ts';
import { Answer, heardFailure, Task, tellFailure } from './renderer-protocol.ts';

const usage = { rss: 1, cpuMs: 1 };

const rendered: Rendered = {
  outputs: [],
  placeholder: { thumbhash: 'AAAA', dominant_color: '#102030', aspect_ratio: 1.5 },
  blurhash: 'LEHV6nWB2yk8pyo0adR*.7kCMdnj',
  palette: { colors: [{ hex: '#c81e28', share: 0.5 }], averageLuminance: 0.4 },
  stepMs: { resize: 3 },
};

function answered(change: Record<string, unknown>) {
  return Answer.safeParse({ kind: 'rendered', id: 1, usage, rendered: { ...rendered, ...change } });
}

describe('what a renderer tells', () => {
  it('comes through whole', () => {
    expect(answered({}).data).toEqual({ kind: 'rendered', id: 1, usage, rendered });
  });

  it.each([
    ['a blurhash that is markup', { blurhash: '<b> </b>' }],
    ['a blurhash without end', { blurhash: 'L'.repeat(1000) }],
    ['a colour that is none', { palette: { colors: [{ hex: 'red', share: 1 }], averageLuminance: 0 } }],
    [
      'a share of more than all',
      { palette: { colors: [{ hex: '#ff0000', share: 2 }], averageLuminance: 0 } },
    ],
    [
      'a palette without end',
      { palette: { colors: Array(17).fill({ hex: '#ff0000', share: 0 }), averageLuminance: 0 } },
    ],
  ])('is not believed: %s', (_, change) => {
    expect(answered(change).success).toBe(false);
  });

  it('may be that the request is wrong', () => {
    const extra = { parameter: 'txt', secret: 'stays there' };
    const told = tellFailure(new Failure('invalid_request', 'txt has nothing in it.', { extra }));
    const answer = Answer.parse({ kind: 'failed', id: 1, usage, failure: told });
    if (answer.kind !== 'failed') throw new Error('it has failed');
    const heard = heardFailure(answer.failure);
    expect(heard).toMatchObject({ code: 'invalid_request', message: 'txt has nothing in it.' });
    expect(heard.extra).toEqual({ parameter: 'txt' });
  });

  it('names no parameter where there is none, or something that is none', () => {
    for (const extra of [{}, { parameter: 5 }, { parameter: 'x'.repeat(65) }]) {
      const told = tellFailure(new Failure('image_corrupt', 'It is broken.', { extra }));
      expect([told.code, heardFailure(told).extra]).toEqual(['image_corrupt', {}]);
    }
  });
});

describe('what it is told', () => {
  it('comes through whole: what operations mean is the business of pixels', () => {
    const plan: RenderPlan = {
      source: { path: '/tmp/source', format: 'png' },
      frames: [
        {
          id: 'only',
          from: { decode: 'first' },
          operations: [{ step: 'look', op: 'adjust', bri: 20 }],
          outputs: [],
        },
      ],
      blurhashFrom: 'only',
      paletteFrom: { frame: 'only', colors: 6 },
    };
    expect(Task.parse({ kind: 'render', id: 1, plan, outDir: '/tmp/out' })).toMatchObject({ plan });
  });
});
