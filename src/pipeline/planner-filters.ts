import type { DeliveryOperation, Operation } from '../pixels/render-plan.ts';
import { filtersIn } from './document-rules.ts';
import type { FilterName, FilterStep } from './document-steps.ts';

/**
 * How a filter gets on with sizing, which decides where the planner may put it.
 *
 * - `pixel`: looks at one pixel at a time. It may be done after the picture has been shrunk, on fewer pixels.
 * - `rigid`: moves pixels without changing any. The picture may be shrunk before it, but its size has changed after.
 * - `area`: looks at neighbours or at the whole picture, so it means what it says only at its place in the document.
 */
export type Locality = 'pixel' | 'rigid' | 'area';

const filters: {
  readonly [Name in FilterName]: (value: NonNullable<FilterStep[Name]>) => Unnamed<Operation>;
} = {
  blur: (sigma) => ({ op: 'blur', sigma }),
  sharpen: ({ sigma, amount }) => ({ op: 'sharpen', sigma, amount }),
  greyscale: () => ({ op: 'greyscale' }),
  modulate: ({ brightness, saturation, hue }) => ({ op: 'modulate', brightness, saturation, hue }),
  gamma: (gamma) => ({ op: 'gamma', gamma }),
  normalise: () => ({ op: 'normalise' }),
  tint: (color) => ({ op: 'tint', color }),
  rotate: ({ angle, background }) => ({ op: 'rotate', angle, background }),
  flip: (axis) => ({ op: 'flip', axis }),
  trim: ({ threshold }) => ({ op: 'trim', threshold }),
};

const localities: Readonly<Record<PipelineOperation['op'], Locality>> = {
  orient: 'rigid',
  greyscale: 'pixel',
  modulate: 'pixel',
  gamma: 'pixel',
  tint: 'pixel',
  // Mirroring changes no size, so it goes with the filters that look at single pixels.
  flip: 'pixel',
  blur: 'area',
  sharpen: 'area',
  normalise: 'area',
  trim: 'area',
  rotate: 'area',
  watermark: 'area',
  resize: 'area',
  fit: 'area',
  extract: 'area',
};

/** What documents ask for. */
type PipelineOperation = Exclude<Operation, DeliveryOperation>;

type Unnamed<T> = T extends unknown ? Omit<T, 'step'> : never;

export function filterOperation(filter: FilterStep, step: string): Operation {
  const [name] = filtersIn(filter);
  const value = name && filter[name];
  if (name === undefined || value === undefined) throw new Error(`${step} has no filter: it was not parsed`);
  const make = filters[name] as (value: unknown) => Unnamed<Operation>;
  return { step, ...make(value) } as Operation;
}

export function localityOf(operation: Operation): Locality {
  if (operation.op === 'rotate' && operation.angle % 90 === 0) return 'rigid';
  return ofDocuments(operation) ? localities[operation.op] : 'area';
}

function ofDocuments(operation: Operation): operation is PipelineOperation {
  return Object.hasOwn(localities, operation.op);
}
