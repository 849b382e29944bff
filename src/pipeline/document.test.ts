import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, it } from 'vitest';
import { Failure } from '../failures.ts';
import { defaultPipeline } from './default-pipeline.ts';
import {
  maxBytes,
  PipelineDocument,
  parsePipeline,
  probeLimits,
  retentionMs,
  stepNames,
  stepOf,
  watermarkImages,
} from './document.ts';

const IMAGE_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

function withSteps(...steps: unknown[]) {
  return { name: 'test', steps };
}

/** The sentences about a document that must be refused. */
function mistakesIn(input: unknown): string[] {
  try {
    parsePipeline(input);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.code).toBe('invalid_pipeline');
    return (error.extra.errors as { message: string }[]).map(({ message }) => message);
  }
  throw new Error('the document was accepted');
}

const resize = (variant: object) => ({ step: 'resize', variants: [{ name: 'a', ...variant }] });
const convert = (output: object) => ({ step: 'convert', outputs: [output] });

describe('a mistake in one field', () => {
  it.each([
    [
      resize({ width: '12px' }),
      'steps[0].variants[0].width must be a whole number from 1 to 8192; got "12px"',
    ],
    [resize({ width: 12.5 }), 'steps[0].variants[0].width must be a whole number from 1 to 8192; got 12.5'],
    [resize({ height: 0 }), 'steps[0].variants[0].height must be a whole number from 1 to 8192; got 0'],
    [resize({ width: 8193 }), 'steps[0].variants[0].width must be a whole number from 1 to 8192; got 8193'],
    [resize({ widht: 12 }), 'steps[0].variants[0] has no field "widht"; did you mean "width"?'],
    [
      resize({ fit: 'covre' }),
      'steps[0].variants[0].fit must be one of inside, cover, exact; got "covre"; did you mean "cover"?',
    ],
    [
      resize({ name: '../etc' }),
      'steps[0].variants[0].name must be a name of 1 to 32 characters out of a-z, 0-9, _ and -; got "../etc"',
    ],
    [
      resize({ fit: 'cover', width: 5 }),
      'steps[0].variants[0] must have width and height, because its fit is cover',
    ],
    [{ step: 'resize' }, 'steps[0].variants is missing: it must be a list of 1 to 20 variants'],
    [
      { step: 'rezise' },
      'steps[0].step must be one of validate, orient, filter, resize, watermark, convert, metadata, placeholder, tag, notify; got "rezise"; did you mean "resize"?',
    ],
    [{ step: 'filter', blur: 0.2 }, 'steps[0].blur must be a number from 0.3 to 100; got 0.2'],
    [{ step: 'filter', blur: 101 }, 'steps[0].blur must be a number from 0.3 to 100; got 101'],
    [{ step: 'filter', gamma: Number.NaN }, 'steps[0].gamma must be a number from 1 to 3; got null'],
    [{ step: 'filter', tint: 'red' }, 'steps[0].tint must be a colour written #rrggbb; got "red"'],
    [{ step: 'filter', greyscale: false }, 'steps[0].greyscale must be true; got false'],
    [
      { step: 'filter', sepia: true },
      'steps[0] has no field "sepia"; its fields are step, blur, sharpen, greyscale, modulate, gamma, normalise, tint, rotate, flip, trim',
    ],
    [
      { step: 'filter', blur: 2, gamma: 2 },
      'steps[0] must have one filter; got blur, gamma: give each a step of its own',
    ],
    [
      { step: 'filter' },
      'steps[0] must have one filter, one of blur, sharpen, greyscale, modulate, gamma, normalise, tint, rotate, flip, trim',
    ],
    [{ step: 'watermark' }, 'steps[0] must have either text or image'],
    [{ step: 'watermark', text: 'a', image: IMAGE_ID }, 'steps[0] must have either text or image'],
    [
      { step: 'watermark', text: 'a\u0000b' },
      'steps[0].text must be text of 1 to 200 characters without control characters; got "a\\u0000b"',
    ],
    [
      { step: 'watermark', image: '/etc/passwd' },
      'steps[0].image must be the image_id of an image of yours: upload the mark first',
    ],
    [
      convert({ format: 'tiff' }),
      'steps[0].outputs[0].format must be one of webp, jpeg, avif, png, gif; got "tiff"',
    ],
    [
      convert({ format: 'png', quality: 80 }),
      'steps[0].outputs[0] has no field "quality"; its fields are format, effort, progressive, colours, when',
    ],
    [
      convert({ format: 'avif', effort: 10 }),
      'steps[0].outputs[0].effort must be a whole number from 0 to 9; got 10',
    ],
    [
      convert({ format: 'avif', when: 'first_request' }),
      'steps[0].outputs must have at least one that is made now: take "when" off one of them',
    ],
    [
      { step: 'metadata', keep: ['gps', 'gps'] },
      'steps[0].keep must be a list of copyright, camera, taken_at, description, gps, profile, each at most once; got ["gps","gps"]',
    ],
    [
      { step: 'tag', tags: { 'a b': 'x' } },
      'steps[0].tags["a b"] must have a name of 1 to 128 characters out of A-Za-z0-9_.:/=+@-',
    ],
    [
      { step: 'validate', max_megapixels_by_format: { avif: 31 } },
      'steps[0].max_megapixels_by_format.avif must be a number from 0.001 to 30; got 31',
    ],
    ['resize', 'steps[0] must be an object; got "resize"'],
  ])('%j', (step, message) => {
    expect(mistakesIn(withSteps(step))).toEqual([message]);
  });
});

describe('a mistake in how steps stand to each other', () => {
  it.each([
    [
      [{ step: 'orient' }, { step: 'validate' }],
      'steps[1] must come first: nothing may touch what has not been validated',
    ],
    [
      [{ step: 'filter', blur: 2 }, { step: 'orient' }],
      'steps[1] must come before steps[0] (filter): move it up',
    ],
    [
      [{ step: 'convert' }, { step: 'watermark', text: 'a' }],
      'steps[1] must come before steps[0] (convert), which writes the pictures: move it up',
    ],
    [[{ step: 'notify' }, { step: 'convert' }], 'steps[0] must come last: it tells that all is done'],
    [[resize({}), resize({})], 'steps[1] is a second resize: merge it with steps[0]'],
    [
      [{ step: 'resize', variants: [{ name: 'a' }, { name: 'a', width: 5 }] }],
      'steps[0].variants[1].name must be another name: "a" is the name of variants[0] already',
    ],
    [
      [{ step: 'convert', outputs: [{ format: 'png' }, { format: 'png', colours: 16 }] }],
      'steps[0].outputs[1].format must be another format: outputs[0] is png already',
    ],
  ])('%j', (steps, message) => {
    expect(mistakesIn(withSteps(...steps))).toEqual([message]);
  });

  it.each(['moderate', 'blur_faces'])('%s is named as a step that is still to come', (step) => {
    expect(mistakesIn(withSteps({ step }))[0]).toMatch(
      `"${step}" comes with a later version: take the step out`,
    );
  });
});

const filters = (count: number) => Array.from({ length: count }, () => ({ step: 'filter', blur: 1 }));

describe('a mistake in the document itself', () => {
  it.each([
    ['no document', null, 'the document must be an object; got null'],
    ['unknown field', { ...withSteps(), nam: 'x' }, 'the document has no field "nam"; did you mean "name"?'],
    ['no name', { steps: [] }, /^name is missing: it must be a name of 1 to 64 characters/],
    ['name with a path', { ...withSteps(), name: 'a/b' }, /^name must be a name of .*; got "a\/b"$/],
    [
      'no life at all',
      { ...withSteps(), retention: '0s' },
      'retention must be a duration from 1s to 3650d, such as 30s, 12h or 7d; got "0s"',
    ],
    ['a life too long', { ...withSteps(), retention: '9999d' }, /^retention must be .*; got "9999d"$/],
    ['a life without unit', { ...withSteps(), retention: 7 }, /^retention must be .*; got 7$/],
    ['too many steps', withSteps(...filters(31)), /^steps must be a list of 0 to 30 steps/],
    [
      'too many with those filled in',
      withSteps(...filters(28)),
      'steps must be at most 30; with those that every run has there are 35',
    ],
  ])('%s', (_, input, message) => {
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    expect(mistakesIn(input)).toEqual([expected]);
  });

  it('reports all mistakes at once, with their paths', () => {
    const input = withSteps(resize({ width: -1 }), convert({ format: 'webp', effort: 7 }));
    const parsing = () => parsePipeline(input);
    expect(parsing).toThrow(/^steps\[0\].variants\[0\].width must .* \(and 1 more: see "errors"\)$/);
    expect(mistakesIn(input)).toHaveLength(2);
  });

  it('stays short where a document is hostile', () => {
    const wrong = `${'x'.repeat(1000)}`;
    const input = withSteps(...Array.from({ length: 30 }, () => ({ step: wrong, [wrong]: 1 })));
    const messages = mistakesIn(input);
    expect(Math.max(...messages.map((message) => message.length))).toBeLessThan(300);
  });
});

describe('a parsed document', () => {
  it.each([
    [[], ['validate', 'orient', 'resize', 'convert', 'metadata', 'placeholder', 'notify']],
    [
      [{ step: 'watermark', text: 'a' }],
      ['validate', 'orient', 'resize', 'watermark', 'convert', 'metadata', 'placeholder', 'notify'],
    ],
    [
      [
        { step: 'tag', tags: {} },
        { step: 'filter', blur: 1 },
        { step: 'filter', gamma: 2 },
        { step: 'notify' },
      ],
      [
        'validate',
        'orient',
        'resize',
        'tag',
        'filter',
        'filter_2',
        'convert',
        'metadata',
        'placeholder',
        'notify',
      ],
    ],
    [
      [{ step: 'filter', blur: 1 }, { step: 'convert' }, { step: 'placeholder' }],
      ['validate', 'orient', 'filter', 'resize', 'convert', 'metadata', 'placeholder', 'notify'],
    ],
  ])('%j says all that will be done', (steps, names) => {
    expect(stepNames(parsePipeline(withSteps(...steps)))).toEqual(names);
  });

  it('has the whole picture as its one variant where no resize is named', () => {
    expect(stepOf(parsePipeline(withSteps()), 'resize').variants).toEqual([
      { name: 'full', fit: 'inside', position: 'center', enlarge: false },
    ]);
  });

  it('stays the same when it is parsed again', () => {
    const once = parsePipeline(
      withSteps({ step: 'filter', rotate: { angle: 5 } }, { step: 'tag', tags: { a: 'b' } }),
    );
    expect(parsePipeline(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  it('may name local files as marks only where it is run by its own author', () => {
    const input = withSteps(
      { step: 'watermark', image: 'marks/logo.png' },
      { step: 'watermark', image: IMAGE_ID },
    );
    expect(watermarkImages(parsePipeline(input, { localFiles: true }))).toEqual(['marks/logo.png', IMAGE_ID]);
    expect(mistakesIn(input)).toHaveLength(1);
  });

  it('lives as long as it says, or as the service says', () => {
    expect(retentionMs(parsePipeline({ ...withSteps(), retention: '12h' }), 5)).toBe(43_200_000);
    expect(retentionMs(parsePipeline(withSteps()), 5)).toBe(5);
  });

  it('never allows a format more than all formats', () => {
    const limits = probeLimits(
      parsePipeline(withSteps({ step: 'validate', max_megapixels: 10, formats: ['avif'] })),
    );
    expect(limits).toEqual({ formats: ['avif'], megapixels: 10, megapixelsByFormat: { avif: 10 } });
  });
});

describe('the default pipeline', () => {
  it('is what the design says', () => {
    expect(probeLimits(defaultPipeline)).toEqual({
      formats: ['jpeg', 'png', 'gif', 'webp', 'avif', 'tiff'],
      megapixels: 50,
      megapixelsByFormat: { avif: 25 },
    });
    expect(maxBytes(defaultPipeline)).toBe(50 * 2 ** 20);
    expect(retentionMs(defaultPipeline, 5)).toBe(5); // the service's setting decides
    const sizes = stepOf(defaultPipeline, 'resize').variants.map(({ name, width, height }) => [
      name,
      width,
      height,
    ]);
    expect(sizes).toEqual([
      ['thumbnail', 256, 256],
      ['medium', 800, 800],
      ['large', 1600, 1600],
    ]);
    const outputs = stepOf(defaultPipeline, 'convert').outputs.map(({ format, when }) => [format, when]);
    expect(outputs).toEqual([
      ['webp', 'now'],
      ['jpeg', 'now'],
      ['avif', 'first_request'],
    ]);
  });
});

it('the schema describes itself in OpenAPI', () => {
  const app = new OpenAPIHono();
  const body = { content: { 'application/json': { schema: PipelineDocument } } };
  const route = createRoute({
    method: 'put',
    path: '/pipelines',
    request: { body },
    responses: { 200: { description: 'stored', ...body } },
  });
  app.openapi(route, (context) => context.json(defaultPipeline, 200));
  const openapi = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'test', version: '1' } });
  const schema = JSON.stringify(openapi.paths?.['/pipelines']);
  for (const step of ['validate', 'filter', 'convert']) expect(schema).toContain(`"${step}"`);
  expect(schema).toContain('"maximum":8192');
});
