import { Failure } from '../failures.ts';
import { extensions } from '../images/keys.ts';
import { formats } from '../pixels/formats.ts';
import type { Size } from '../pixels/picture.ts';
import type { Encoding, Output } from '../pixels/render-plan.ts';
import { stepOf } from './document.ts';
import { defaultOutput, type OutputFormat, type OutputSpec } from './document-outputs.ts';
import type { VariantSpec } from './document-steps.ts';
import type { PlannedRun, PlanRequest } from './plan-request.ts';
import type { Motion } from './planner-animation.ts';
import type { VariantWay } from './planner-sizes.ts';

/** One file that will be written. */
export interface PlannedOutput {
  readonly variant: VariantSpec;
  /** at most, where only the pixels can tell */
  readonly size: Size;
  /** all pages of the source, or its first */
  readonly decode: 'first' | 'all';
  readonly output: Output;
}

export interface OutputPlan {
  readonly made: readonly PlannedOutput[];
  readonly deferred: PlannedRun['deferred'];
  /** what a person should know about the conversion */
  readonly remarks: readonly string[];
}

/** A variant with the size it gets, at most where only the pixels can tell. */
export interface SizedVariant extends VariantWay {
  readonly variant: VariantSpec;
}

/** Which files are written now and which are left for later. */
export function planOutputs(
  request: PlanRequest,
  variants: readonly SizedVariant[],
  motion: Motion,
  alpha: boolean,
): OutputPlan {
  const specs = stepOf(request.document, 'convert').outputs;
  const planned = variants.flatMap((sized) =>
    settleFormats(specs, sized.size, alpha).map((settled) => ({ ...sized, ...settled })),
  );
  const wanted = planned.filter(({ variant, spec, asked }) => isWanted(request, variant, spec, asked));
  if (request.only && wanted.length === 0) throw notMade(request.only);
  const made = wanted.map(({ spec, ...sized }) => plannedOutput(request, sized, spec, motion));
  const deferred = request.only
    ? []
    : planned
        .filter(({ spec }) => spec.when === 'first_request')
        .map(({ variant, spec }) => ({ variant: variant.name, format: spec.format }));
  return { made, deferred, remarks: remarksOn(planned) };
}

function isWanted(
  { only }: PlanRequest,
  variant: VariantSpec,
  spec: OutputSpec,
  asked: readonly OutputFormat[],
): boolean {
  if (!only) return spec.when === 'now';
  return (
    only.variant === variant.name && (only.format === spec.format || asked.some((it) => it === only.format))
  );
}

function notMade({ variant, format }: NonNullable<PlanRequest['only']>): Failure {
  const message = `This pipeline makes no ${variant} as ${format}. Ask for a variant and format that it names.`;
  return new Failure('variant_not_found', message);
}

function plannedOutput(
  { document }: PlanRequest,
  { variant, size, largestArea }: SizedVariant,
  spec: OutputSpec,
  motion: Motion,
): PlannedOutput {
  return {
    variant,
    size,
    decode: motion.moves(spec.format, largestArea) ? 'all' : 'first',
    output: {
      name: variant.name,
      file: `${variant.name}.${extensions[spec.format]}`,
      encoding: encodingOf(spec),
      keep: stepOf(document, 'metadata').keep,
      step: 'convert',
    },
  };
}

function encodingOf({ when: _, ...spec }: OutputSpec): Encoding {
  if (spec.format !== 'png') return spec;
  const { colours, ...png } = spec;
  return { ...png, ...(colours === undefined ? {} : { colours }) };
}

interface SettledFormat {
  readonly spec: OutputSpec;
  /** formats of the document that ended here: another than the spec's where that one cannot hold the size */
  readonly asked: readonly OutputFormat[];
}

/** The formats that can hold a picture of this size: what cannot becomes the next best, once each. */
function settleFormats(specs: readonly OutputSpec[], size: Size, alpha: boolean): SettledFormat[] {
  const settled = new Map<OutputFormat, SettledFormat>();
  const [fitting, tooSmall] = partition(specs, ({ format }) => holds(format, size));
  for (const spec of fitting) settled.set(spec.format, { spec, asked: [spec.format] });
  for (const { format: asked, when } of tooSmall) {
    const format = nextBest(size, alpha);
    const { spec, asked: others } = settled.get(format) ?? {
      spec: { ...defaultOutput(format), when },
      asked: [],
    };
    // What somebody wants now is made now, whoever else could have waited for it.
    const soonest = when === 'now' ? when : spec.when;
    settled.set(format, { spec: { ...spec, when: soonest }, asked: [...others, asked] });
  }
  return [...settled.values()];
}

function nextBest(size: Size, alpha: boolean): OutputFormat {
  return !alpha && holds('jpeg', size) ? 'jpeg' : 'png';
}

function holds(format: OutputFormat, { width, height }: Size): boolean {
  return Math.max(width, height) <= formats[format].maxSide;
}

function remarksOn(planned: readonly (SizedVariant & SettledFormat)[]): string[] {
  return planned.flatMap(({ variant, size, spec, asked }) =>
    asked
      .filter((format) => format !== spec.format)
      .map((format) => {
        const most = `${formats[format].maxSide} pixels a side`;
        return `${variant.name} is ${spec.format} instead of ${format}: ${size.width} x ${size.height} is more than ${most}`;
      }),
  );
}

function partition<Item>(items: readonly Item[], first: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(first), items.filter((item) => !first(item))];
}
