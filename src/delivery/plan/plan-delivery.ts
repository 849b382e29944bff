import { extensions } from '../../images/keys.ts';
import type { Step } from '../../pipeline/document-steps.ts';
import { areaOf } from '../../pixels/geometry.ts';
import type { Probe } from '../../pixels/picture.ts';
import type { Encoding, Operation, Output, RenderPlan } from '../../pixels/render-plan.ts';
import type { DeliveryRequest } from '../request.ts';
import { type Approach, approach } from './approach.ts';
import { type Colours, planColours } from './colours.ts';
import { encodingAs, formatOf, settleFormat } from './encoding.ts';
import { frameOperations } from './frame.ts';
import { lookOperations } from './look.ts';
import { planMotion } from './motion.ts';
import { markOperations, textOperations } from './overlays.ts';
import { pipelinePart } from './pipeline-part.ts';
import { readingFor, toBeRead } from './reading.ts';
import { limitNote, refuseTooLarge } from './size-limits.ts';
import { densityOf, sizedSpecOf } from './sized-spec.ts';

export interface DeliveryPlanRequest {
  /** with its format, where negotiation has decided on one */
  readonly request: DeliveryRequest;
  readonly probe: Probe;
  /** local file of the original */
  readonly sourcePath: string;
  /** local file of the image that `mark` names */
  readonly markPath?: string;
  /** of the image's pipeline, in their order: its filters and watermarks are carried on, the rest is passed by */
  readonly steps?: readonly Step[];
  /** local files of the images that watermark steps name, by that name */
  readonly markPaths?: Readonly<Record<string, string>>;
}

export interface DeliveryPlan {
  /** with one output, named {@link DELIVERY}; or with one reading and no output, where words are asked for */
  readonly plan: RenderPlan;
  /** what a person should know: another format than the one that was asked for, a still, a smaller picture */
  readonly notes: readonly string[];
}

/** Name of the only output, and of its frame. */
const DELIVERY = 'delivery';

/**
 * What to do to an original for a delivery request, in this order: rect, orient, trim, rotate, resize and crop, look,
 * frame, watermark, text, encode. Pure.
 *
 * @throws Failure `invalid_request`, naming the parameter, where the picture has not what is asked for or the output
 *   would be larger than what is delivered; `render_too_costly`; `invalid_pipeline` where the file of a watermark step
 *   is missing
 */
export function planDelivery(given: DeliveryPlanRequest): DeliveryPlan {
  const reading = readingFor(given.request.output, DELIVERY);
  const asked = reading ? { ...given, request: toBeRead(given.request) } : given;
  const { request, probe, sourcePath } = asked;
  const pipeline = pipelinePart(asked.steps ?? [], asked.markPaths ?? {});
  const spec = sizedSpecOf(request, probe);
  const way = approach({ request, probe, spec, filters: pipeline.before });
  refuseTooLarge(request.size, spec, way.sizing);
  const format = formatOf(request.output, probe, request.source.page);
  const { across, down } = spec.padding;
  const size = { width: way.sizing.size.width + across, height: way.sizing.size.height + down };
  const motion = planMotion(request, probe, format, Math.max(way.largestArea, areaOf(size)));
  const settled = settleFormat(format, size, probe.hasAlpha);
  const colours = planColours(request.output, probe, settled.format);
  const notes = [motion.note, limitNote(way.sizing), settled.note, colours.note];
  return {
    plan: {
      source: { path: sourcePath, format: probe.format, ...colours.source },
      frames: [
        {
          id: DELIVERY,
          from: { ...motion.from, ...(way.shrinkTo && { shrinkTo: way.shrinkTo }) },
          operations: [...way.operations, ...finish(asked, way, pipeline.after)],
          outputs: reading ? [] : [outputFor(settled.format, request, colours)],
        },
      ],
      ...reading,
    },
    notes: notes.filter((note) => note !== undefined),
  };
}

function outputFor(
  format: Encoding['format'],
  { output, frame }: DeliveryRequest,
  { keep }: Colours,
): Output {
  return {
    name: DELIVERY,
    file: `${DELIVERY}.${extensions[format]}`,
    encoding: encodingAs(format, output, frame),
    keep,
    step: 'encode',
  };
}

/**
 * What is done to the picture in its size. The pipeline's marks lie on the picture itself and not on what is around
 * it, where anybody could cut them off.
 */
function finish(
  { request, markPath }: DeliveryPlanRequest,
  { ground }: Approach,
  ofPipeline: readonly Operation[],
): Operation[] {
  const density = densityOf(request.size);
  return [
    ...lookOperations(request.look, density),
    ...ofPipeline,
    ...ground,
    ...frameOperations(request.frame, density),
    ...markOperations(request.mark, markPath, density),
    ...textOperations(request.text, density),
  ];
}
