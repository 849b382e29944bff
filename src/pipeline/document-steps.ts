import { z } from 'zod';
import { FORMATS, Tags } from '../images/image.ts';
import { METADATA_GROUPS, POSITIONS } from '../pixels/render-plan.ts';
import {
  choice,
  choices,
  color,
  colorWithAlpha,
  decimal,
  fields,
  flag,
  listOf,
  present,
  text,
  textLike,
  unknownKind,
  wholeNumber,
} from './document-fields.ts';
import { defaultOutput, OutputSpec } from './document-outputs.ts';

/** The logical steps of the pipeline language. Bounds are what the engine bears; docs/pipelines.md explains each. */

/** Longest side of a picture that a variant may ask for, pixels. */
export const MAX_SIDE = 8192;

export const ValidateStep = fields({
  step: z.literal('validate'),
  formats: choices(FORMATS, 1)
    .default([...FORMATS])
    .describe('what is accepted, by the bytes themselves; everything else is rejected'),
  max_megapixels: decimal(0.001, 100).default(50).describe('of one frame'),
  max_megapixels_by_format: fields({
    jpeg: decimal(0.001, 100).optional(),
    png: decimal(0.001, 100).optional(),
    gif: decimal(0.001, 100).optional(),
    webp: decimal(0.001, 100).optional(),
    // Decoding an AVIF takes about 18 bytes a pixel: 30 megapixels are 540 MB.
    avif: decimal(0.001, 30).optional(),
    tiff: decimal(0.001, 100).optional(),
  })
    .default({ avif: 25 })
    .describe('lower limits for costly formats'),
  max_bytes: wholeNumber(1, 268_435_456).default(52_428_800).describe('of the original'),
  max_frames: wholeNumber(1, 1000).default(300).describe('a longer animation becomes a still'),
  max_animation_megapixels: decimal(0.001, 200)
    .default(100)
    .describe('of all frames together; a larger animation becomes a still'),
});

export const OrientStep = fields({ step: z.literal('orient') });

export const FILTERS = {
  blur: decimal(0.3, 100).describe('Gaussian, sigma in pixels'),
  sharpen: fields({
    sigma: decimal(0.3, 10).default(1).describe('Gaussian, pixels'),
    amount: decimal(0.01, 10).default(1).describe('1 is moderate'),
  }),
  greyscale: present(),
  modulate: fields({
    brightness: decimal(0, 10).default(1).describe('factor'),
    saturation: decimal(0, 10).default(1).describe('factor'),
    hue: wholeNumber(-360, 360).default(0).describe('degrees'),
  }),
  gamma: decimal(1, 3),
  normalise: present(),
  tint: color(),
  rotate: fields({
    angle: decimal(-360, 360).describe('degrees clockwise'),
    background: colorWithAlpha().default('#ffffff').describe('of the corners'),
  }),
  flip: choice(['horizontal', 'vertical']),
  trim: fields({
    threshold: decimal(0, 255)
      .default(10)
      .describe('colour distance from the border that still counts as border'),
  }),
} as const;
export type FilterName = keyof typeof FILTERS;
export const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];

/** One filter a step; which is checked for the whole document, where the message can name the step. */
export const FilterStep = fields({
  step: z.literal('filter'),
  blur: FILTERS.blur.optional(),
  sharpen: FILTERS.sharpen.optional(),
  greyscale: FILTERS.greyscale.optional(),
  modulate: FILTERS.modulate.optional(),
  gamma: FILTERS.gamma.optional(),
  normalise: FILTERS.normalise.optional(),
  tint: FILTERS.tint.optional(),
  rotate: FILTERS.rotate.optional(),
  flip: FILTERS.flip.optional(),
  trim: FILTERS.trim.optional(),
});
export type FilterStep = z.infer<typeof FilterStep>;

export const VariantSpec = fields({
  name: textLike(/^[a-z0-9_-]{1,32}$/, 'a name of 1 to 32 characters out of a-z, 0-9, _ and -'),
  width: wholeNumber(1, MAX_SIDE).optional().describe('pixels'),
  height: wholeNumber(1, MAX_SIDE).optional().describe('pixels'),
  fit: choice(['inside', 'cover', 'exact']).default('inside'),
  position: choice([...POSITIONS, 'entropy', 'attention'])
    .default('center')
    .describe('what a cover crop keeps'),
  enlarge: flag().default(false).describe('whether a smaller picture is blown up'),
});
export type VariantSpec = z.infer<typeof VariantSpec>;

export const ResizeStep = fields({
  step: z.literal('resize'),
  variants: listOf(VariantSpec, 1, 20, 'variants'),
});

export const WatermarkStep = fields({
  step: z.literal('watermark'),
  text: text(200).optional(),
  image: text(1024).optional().describe('an image_id of the same tenant; locally, the path of a file'),
  color: color().default('#ffffff').describe('of the text'),
  place: choice([...POSITIONS, 'tile']).default('bottom-right'),
  opacity: decimal(0.01, 1).default(0.6),
  size: decimal(0.01, 1).default(0.3).describe("the mark's width as a share of the picture's"),
  margin: decimal(0, 0.5).default(0.02).describe("from the edges, as a share of the picture's shorter side"),
});
export type WatermarkStep = z.infer<typeof WatermarkStep>;

export const ConvertStep = fields({
  step: z.literal('convert'),
  outputs: listOf(OutputSpec, 1, 6, 'outputs').default([defaultOutput('webp'), defaultOutput('jpeg')]),
});

export const MetadataStep = fields({
  step: z.literal('metadata'),
  keep: choices(METADATA_GROUPS, 0).default(['profile']),
});

export const PlaceholderStep = fields({ step: z.literal('placeholder') });
export const TagStep = fields({ step: z.literal('tag'), tags: Tags });
export const NotifyStep = fields({ step: z.literal('notify') });

export const STEP_NAMES = [
  'validate',
  'orient',
  'filter',
  'resize',
  'watermark',
  'convert',
  'metadata',
  'placeholder',
  'tag',
  'notify',
] as const;
export type StepKind = (typeof STEP_NAMES)[number];

/** Steps of the design that are still to come: a document that wants them must not run without them. */
const NOT_YET = ['moderate', 'blur_faces'];

export const Step = z.discriminatedUnion(
  'step',
  [
    ValidateStep,
    OrientStep,
    FilterStep,
    ResizeStep,
    WatermarkStep,
    ConvertStep,
    MetadataStep,
    PlaceholderStep,
    TagStep,
    NotifyStep,
  ],
  { error: unknownKind('step', STEP_NAMES, NOT_YET) },
);
export type Step = z.infer<typeof Step>;
