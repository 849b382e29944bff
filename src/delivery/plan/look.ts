import type { AdjustOperation, Operation } from '../../pixels/render-plan.ts';
import type { LookRequest } from '../request.ts';

/** Colours, then what looks at neighbours: sharpness, blur, squares. Radii are pixels of the output. */
export function lookOperations(look: LookRequest, density: number): Operation[] {
  return [...colours(look), ...neighbours(look, density)].map(
    (operation) => ({ step: 'look', ...operation }) as Operation,
  );
}

type Bare<Each = Operation> = Each extends unknown ? Omit<Each, 'step'> : never;

function colours({ sepia, monochrome, duotone, ...look }: LookRequest): Bare[] {
  const adjust = adjustment(look);
  return [
    ...(adjust ? [adjust] : []),
    ...(monochrome ? [{ op: 'monochrome', color: monochrome } as const] : []),
    ...(duotone ? [{ op: 'duotone', ...duotone } as const] : []),
    ...(sepia ? [{ op: 'sepia', amount: sepia } as const] : []),
  ];
}

const ADJUSTABLE = ['exp', 'bri', 'con', 'gam', 'high', 'shad', 'hue', 'sat', 'vib'] as const;

/** None where all of it is neutral. */
function adjustment(look: LookRequest): AdjustOperation | undefined {
  const given = ADJUSTABLE.filter((name) => look[name]).map((name) => [name, look[name]] as const);
  if (given.length === 0 && !look.invert) return undefined;
  return { op: 'adjust', ...Object.fromEntries(given), ...(look.invert && { invert: true }) };
}

/** The grammar's 0..100 as the amount of `sharpen`, 1 of which is moderate. */
const SHARP_STEPS = 20;
/** Gaussian, pixels */
const SHARP_SIGMA = 1;
/** The grammar's 0..2000 as the sigma of a Gaussian, pixels: 200 for the most. */
const BLUR_STEPS = 10;
/** A smaller sigma is no blur at all to libvips, pixels. */
const LEAST_SIGMA = 0.3;
/** pixels */
const USUAL_RADIUS = 2.5;

function neighbours({ sharp, usm, usmrad = USUAL_RADIUS, blur, px }: LookRequest, density: number): Bare[] {
  const sigma = Math.max(LEAST_SIGMA, ((blur ?? 0) / BLUR_STEPS) * density);
  return [
    ...(sharp
      ? [{ op: 'sharpen', sigma: SHARP_SIGMA * Math.max(1, density), amount: sharp / SHARP_STEPS } as const]
      : []),
    ...(usm ? [{ op: 'unsharp', amount: usm, radius: usmrad * density } as const] : []),
    ...(blur ? [{ op: 'blur', sigma } as const] : []),
    ...(px ? [{ op: 'pixelate', size: Math.max(1, Math.round(px * density)) } as const] : []),
  ];
}
