import fc from 'fast-check';
import type { Probe } from '../../pixels/picture.ts';
import { POSITIONS } from '../../pixels/render-plan.ts';
import { type PipelineDocument, parsePipeline } from '../document.ts';
import { animationOf, probeOf } from './plans.ts';

/** Any document that can be written in the pipeline language, parsed, and any picture for it. */

const filter = fc.oneof(
  fc.record({ blur: fc.double({ min: 0.3, max: 100, noNaN: true }) }),
  fc.record({ sharpen: fc.constant({}) }),
  fc.record({ greyscale: fc.constant(true) }),
  fc.record({ modulate: fc.record({ saturation: fc.constantFrom(0, 1.5) }) }),
  fc.record({ gamma: fc.double({ min: 1, max: 3, noNaN: true }) }),
  fc.record({ normalise: fc.constant(true) }),
  fc.record({ tint: fc.constant('#aa6633') }),
  fc.record({ rotate: fc.record({ angle: fc.constantFrom(90, -90, 180, 270, 360, 12, 0) }) }),
  fc.record({ flip: fc.constantFrom('horizontal', 'vertical') }),
  fc.record({ trim: fc.constant({}) }),
);
const filterStep = filter.map((it) => ({ step: 'filter', ...it }));
const watermarkStep = fc.record({
  step: fc.constant('watermark'),
  text: fc.constant('me'),
  place: fc.constantFrom(...POSITIONS, 'tile'),
});
const pixelSteps = fc.array(
  fc.oneof({ weight: 3, arbitrary: filterStep }, { weight: 1, arbitrary: watermarkStep }),
  {
    maxLength: 4,
  },
);

const side = fc.oneof(fc.integer({ min: 1, max: 8192 }), fc.constantFrom(1, 64, 256, 800, 1600));
const variant = fc.oneof(
  fc.record({ width: side, height: side, enlarge: fc.boolean() }, { requiredKeys: [] }),
  fc.record({
    width: side,
    height: side,
    fit: fc.constantFrom('cover', 'exact'),
    position: fc.constantFrom(...POSITIONS, 'entropy', 'attention'),
    enlarge: fc.boolean(),
  }),
);
const resizeStep = fc.array(variant, { minLength: 1, maxLength: 6 }).map((variants) => ({
  step: 'resize',
  variants: variants.map((it, index) => ({ name: `v${index}`, ...it })),
}));

const convertStep = fc
  .uniqueArray(
    fc.record({
      format: fc.constantFrom('webp', 'jpeg', 'avif', 'png', 'gif'),
      when: fc.constantFrom('now', 'now', 'first_request'),
    }),
    { minLength: 1, maxLength: 5, selector: ({ format }) => format },
  )
  .filter((outputs) => outputs.some(({ when }) => when === 'now'))
  .map((outputs) => ({ step: 'convert', outputs }));

export const anyDocument: fc.Arbitrary<PipelineDocument> = fc
  .tuple(pixelSteps, fc.option(resizeStep), pixelSteps, fc.option(convertStep))
  .map(([before, resize, after, convert]) =>
    parsePipeline({
      name: 'any',
      steps: [...before, ...(resize ? [resize] : []), ...after, ...(convert ? [convert] : [])],
    }),
  );

const size = fc.record({
  width: fc.integer({ min: 1, max: 6000 }),
  height: fc.integer({ min: 1, max: 6000 }),
});
const longSize = fc.record({
  width: fc.integer({ min: 16_000, max: 70_000 }),
  height: fc.integer({ min: 1, max: 500 }),
});

export const anyProbe: fc.Arbitrary<Probe> = fc.oneof(
  { weight: 3, arbitrary: size.map((it) => probeOf(it)) },
  { weight: 1, arbitrary: longSize.map((it) => probeOf(it, { format: 'png', hasAlpha: true })) },
  {
    weight: 2,
    arbitrary: size.map(({ width, height }) =>
      probeOf({ width: height, height: width }, { viewed: { width, height }, orientation: 6 }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(size, fc.integer({ min: 2, max: 400 })).map(([it, pages]) => animationOf(it, pages)),
  },
);
