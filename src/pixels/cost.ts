import type { Probe } from './picture.ts';
import type { RenderPlan } from './render-plan.ts';

/** First estimate; calibrated below. */
export function estimateBytes(probe: Probe, plan: RenderPlan): number {
  const pixels = probe.stored.width * probe.stored.height;
  return 100 * 2 ** 20 + pixels * (probe.format === 'avif' ? 18 : 8) + plan.frames.length * 2 ** 20;
}
