import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../failures.ts';
import { formats } from '../pixels/formats.ts';
import type { Probe } from '../pixels/picture.ts';
import type { Operation, RenderPlan } from '../pixels/render-plan.ts';
import { type PipelineDocument, parsePipeline, stepNames } from './document.ts';
import { planPipeline } from './planner.ts';
import { localityOf } from './planner-filters.ts';
import { planStepByStep } from './step-by-step.ts';
import { anyDocument, anyProbe } from './testing/arbitrary-documents.ts';
import { probeOf } from './testing/plans.ts';
import { historyOf, sizesOf } from './testing/walk-plan.ts';

/** Checks a statement about what any document makes of any picture, by both planners. */
function always(
  check: (fused: RenderPlan, stepByStep: RenderPlan, document: PipelineDocument, probe: Probe) => void,
): void {
  fc.assert(
    fc.property(anyDocument, anyProbe, (document, probe) => {
      const request = { document, probe, sourcePath: '/photo' };
      try {
        check(planPipeline(request).plan, planStepByStep(request).plan, document, probe);
      } catch (error) {
        // A canvas that nobody could hold is refused by both.
        fc.pre(!isFailure(error, 'render_too_costly'));
        throw error;
      }
    }),
    { numRuns: 500 },
  );
}

const outputsOf = ({ frames }: RenderPlan) => frames.flatMap(({ outputs }) => outputs);
const byFile = (plan: RenderPlan) => outputsOf(plan).toSorted((a, b) => a.file.localeCompare(b.file));

describe('any plan', () => {
  it('makes each frame after the one it is made from, and names each once', () => {
    always((...plans) => {
      for (const { frames, placeholderFrom } of plans.slice(0, 2) as RenderPlan[]) {
        const made = new Set<string>();
        for (const { id, from } of frames) {
          if ('frame' in from) expect(made).toContain(from.frame);
          expect(made).not.toContain(id);
          made.add(id);
        }
        expect(made).toContain(placeholderFrom);
      }
    });
  });

  it('makes no frame for nobody', () => {
    always(({ frames }) => {
      for (const { id, outputs } of frames) {
        const needed = frames.some(({ from }) => 'frame' in from && from.frame === id);
        expect(needed || outputs.length > 0).toBe(true);
      }
    });
  });

  it('writes each file once, the same files with the same settings as step by step', () => {
    always((fused, stepByStep) => {
      const files = outputsOf(fused).map(({ file }) => file);
      expect(new Set(files).size).toBe(files.length);
      expect(byFile(fused)).toEqual(byFile(stepByStep));
    });
  });

  it('gives every file the size that it has step by step', () => {
    always((fused, stepByStep, _, { viewed }) => {
      // as objects, which have no order
      const [one, other] = [fused, stepByStep].map((plan) => Object.fromEntries(sizesOf(plan, viewed)));
      expect(one).toEqual(other);
    });
  });

  it('writes nothing that its format cannot hold', () => {
    always((fused, _, __, { viewed }) => {
      const sizes = sizesOf(fused, viewed);
      for (const { file, encoding } of outputsOf(fused)) {
        const { width = 0, height = 0 } = sizes.get(file) ?? {};
        expect(Math.max(width, height)).toBeLessThanOrEqual(formats[encoding.format].maxSide);
      }
    });
  });

  it('decodes each way once, and only what can move moves', () => {
    always((fused, _, __, { pages }) => {
      const decodes = fused.frames.flatMap(({ from }) => ('decode' in from ? [from.decode] : []));
      expect(decodes).toEqual([...new Set(decodes)]);
      for (const { file, encoding } of outputsOf(fused)) {
        const { origin } = historyOf(fused, file);
        if (!('decode' in origin) || origin.decode === 'first') continue;
        expect(pages).toBeGreaterThan(1);
        expect(['gif', 'webp']).toContain(encoding.format);
      }
    });
  });
});

describe('what is done to the picture of any file', () => {
  const isSizing = ({ op }: Operation) => op === 'resize' || op === 'extract' || op === 'fit';

  it('is what is done step by step, each operation once', () => {
    always((fused, stepByStep) => {
      for (const { file } of outputsOf(fused)) {
        const asked = (plan: RenderPlan) =>
          historyOf(plan, file)
            .operations.filter((operation) => !isSizing(operation))
            .map((operation) => JSON.stringify(operation));
        expect(asked(fused)).toEqual(asked(stepByStep));
      }
    });
  });

  it('sees the full size where it looks at neighbours before the sizing', () => {
    always((fused, stepByStep) => {
      for (const { file } of outputsOf(fused)) {
        const plain = historyOf(stepByStep, file).operations;
        const sizing = plain.findIndex(isSizing);
        const needsAll = plain
          .slice(0, sizing === -1 ? plain.length : sizing)
          .filter((operation) => localityOf(operation) === 'area');
        const { origin, operations } = historyOf(fused, file);
        const first = operations.findIndex(isSizing);
        const seen = operations.slice(0, first === -1 ? operations.length : first);
        expect(seen).toEqual(expect.arrayContaining(needsAll));
        if (needsAll.length > 0) expect(origin).not.toHaveProperty('shrinkTo');
      }
    });
  });

  it('never shrinks the source below what is made from it', () => {
    always((fused) => {
      for (const { file } of outputsOf(fused)) {
        const { origin, operations } = historyOf(fused, file);
        if (!('decode' in origin) || !origin.shrinkTo) continue;
        const first = operations.findIndex(isSizing);
        const turns = operations.slice(0, first).filter((it) => it.op === 'rotate' && it.angle % 180 !== 0);
        const { width, height } = origin.shrinkTo;
        const [across, down] = turns.length % 2 === 0 ? [width, height] : [height, width];
        const sizing = operations[first];
        if (sizing?.op !== 'resize')
          throw new Error(`${file} is sized from what was shrunk without saying to what`);
        expect(sizing.width).toBeLessThanOrEqual(across);
        expect(sizing.height).toBeLessThanOrEqual(down);
      }
    });
  });
});

describe('any document', () => {
  it('stays the same when it is parsed again, and its steps have names of their own', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        expect(parsePipeline(JSON.parse(JSON.stringify(document)))).toEqual(document);
        expect(new Set(stepNames(document)).size).toBe(document.steps.length);
      }),
    );
  });

  it('tells about every one of its steps', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const request = { document, probe: probeOf({ width: 600, height: 400 }), sourcePath: '/photo' };
        expect(Object.keys(planPipeline(request).notes)).toEqual(stepNames(document));
      }),
    );
  });
});

const anyEdit = fc.record({ at: fc.array(fc.nat(40), { maxLength: 5 }), value: fc.jsonValue() });

describe('a document with anything at all written somewhere into it', () => {
  it('is refused with its own code and sentences, or can be planned', () => {
    fc.assert(
      fc.property(anyDocument, anyEdit, (document, { at, value }) => {
        const edited = edit(structuredClone(document), at, value);
        const request = { probe: probeOf({ width: 600, height: 400 }), sourcePath: '/photo' };
        try {
          planPipeline({ ...request, document: parsePipeline(edited) });
        } catch (error) {
          if (!isFailure(error, 'invalid_pipeline')) throw error;
          for (const { message } of error.extra.errors as { message: string }[]) {
            expect(message).toMatch(/^[a-z][^\n]{10,400}$/);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** Goes down by the given turns, as far as they lead, and writes the value there. */
function edit(node: unknown, [turn, ...turns]: readonly number[], value: unknown): unknown {
  if (turn === undefined || typeof node !== 'object' || node === null) return value;
  const keys = Object.keys(node);
  const key = keys[turn % Math.max(1, keys.length)];
  if (key === undefined) return value;
  Reflect.set(node, key, edit(Reflect.get(node, key), turns, value));
  return node;
}
