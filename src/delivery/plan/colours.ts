import type { Probe } from '../../pixels/picture.ts';
import type { Encoding, MetadataGroup, RenderPlan } from '../../pixels/render-plan.ts';
import type { OutputRequest } from '../request.ts';

/** In which colours a picture is written, and whether it says so. */
export interface Colours {
  readonly source: Pick<RenderPlan['source'], 'colours'>;
  readonly keep: readonly MetadataGroup[];
  readonly note?: string;
}

/** Formats that the profile of a source can be put into. */
const KEEPERS: ReadonlySet<Encoding['format']> = new Set(['jpeg', 'png', 'webp']);

/** `cs`: everything is sRGB with its profile, unless it is asked to be without, or to stay as it was. */
export function planColours(
  { colorSpace, autoCompress }: OutputRequest,
  probe: Probe,
  format: Encoding['format'],
): Colours {
  if (colorSpace === 'origin') return asInSource(probe, format);
  const isBare = colorSpace === 'strip' || (autoCompress && colorSpace === undefined);
  return { source: {}, keep: isBare ? [] : ['profile'] };
}

function asInSource({ hasProfile, space, depth }: Probe, format: Encoding['format']): Colours {
  if (!hasProfile) return { source: {}, keep: [] };
  if (!KEEPERS.has(format))
    return { source: {}, keep: ['profile'], note: `colours are sRGB: ${format} keeps no others here` };
  if (space === 'srgb' && depth === 8) return { source: { colours: 'own' }, keep: ['profile'] };
  return {
    source: {},
    keep: ['profile'],
    note: 'colours are sRGB: those of the source are not RGB of 8 bits',
  };
}
