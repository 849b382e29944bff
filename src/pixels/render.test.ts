import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { render } from './render.ts';
import type { Frame, RenderPlan } from './render-plan.ts';
import { distance } from './testing/compare.ts';
import { samplePath } from './testing/pictures.ts';
import {
  AVIF,
  fileOf,
  GIF,
  JPEG,
  operations,
  output,
  PNG,
  planOf,
  temporaryFolder,
  WEBP,
} from './testing/plans.ts';

const PHOTO = samplePath('hubble_deep_field.jpg');

/** 1000 x 872 to three sizes in two formats, the way the default pipeline does it. */
function ladder(path = PHOTO): RenderPlan {
  const outputs = (name: string) => [output(name, WEBP, ['profile']), output(name, JPEG, ['profile'])];
  const frames: Frame[] = [
    {
      id: 'large',
      from: { decode: 'first', shrinkTo: { width: 800, height: 698 } },
      operations: operations({ op: 'orient' }, { op: 'resize', width: 800, height: 698 }),
      outputs: outputs('large'),
    },
    {
      id: 'medium',
      from: { frame: 'large' },
      operations: operations({ op: 'resize', width: 400, height: 349 }),
      outputs: outputs('medium'),
    },
    {
      id: 'small',
      from: { frame: 'medium' },
      operations: operations({ op: 'resize', width: 128, height: 112 }),
      outputs: outputs('small'),
    },
  ];
  return { source: { path, format: 'jpeg' }, frames, placeholderFrom: 'small' };
}

describe('a plan of three sizes', () => {
  test('writes each output once, and tells size and hash of what it wrote', async () => {
    const folder = await temporaryFolder();
    const { outputs, placeholder, stepMs } = await render(ladder(), folder);
    expect((await readdir(folder)).toSorted()).toEqual(
      ['large', 'medium', 'small'].flatMap((name) => [`${name}.jpeg`, `${name}.webp`]),
    );
    for (const made of outputs) {
      const bytes = await readFile(made.path);
      expect(made).toMatchObject({
        size: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        pages: 1,
      });
      expect(await sharp(bytes).metadata()).toMatchObject({
        width: made.width,
        height: made.height,
        format: made.format,
      });
    }
    expect(placeholder).toMatchObject({ aspect_ratio: 1.14286 });
    expect(Object.keys(stepMs).toSorted()).toEqual(['convert', 'placeholder', 'resize']);
    expect(Object.values(stepMs).every((milliseconds) => milliseconds > 0)).toBe(true);
  });

  test('looks like each size made from the original by itself, to a distance of 3', async () => {
    const { outputs } = await render(ladder(), await temporaryFolder());
    for (const made of outputs) {
      const alone = await sharp(PHOTO).resize(made.width, made.height, { fit: 'fill' }).toBuffer();
      expect(await distance(made.path, alone), made.path).toBeLessThan(3);
    }
  });

  test('gives the same bytes run to run', async () => {
    const plan = ladder();
    const extra: Frame = {
      id: 'more',
      from: { frame: 'large' },
      operations: operations(
        { op: 'resize', width: 200, height: 175 },
        { op: 'blur', sigma: 1 },
        {
          op: 'watermark',
          mark: { text: '© Me', color: '#ffffff' },
          place: 'tile',
          opacity: 0.5,
          size: 0.2,
          margin: 0,
        },
      ),
      outputs: [output('more', AVIF), output('more', PNG), output('more', GIF)],
    };
    const all = { ...plan, frames: [...plan.frames, extra] };
    const runs = [await render(all, await temporaryFolder()), await render(all, await temporaryFolder())];
    const [first, second] = runs.map(({ outputs, placeholder }) => [
      outputs.map(({ sha256 }) => sha256),
      placeholder,
    ]);
    expect(first).toEqual(second);
  });

  test('renders at the same time do not disturb each other', async () => {
    const alone = await render(ladder(), await temporaryFolder());
    const together = await Promise.all(
      Array.from({ length: 4 }, async () => render(ladder(), await temporaryFolder())),
    );
    for (const { outputs } of together) {
      expect(outputs.map(({ sha256 }) => sha256)).toEqual(alone.outputs.map(({ sha256 }) => sha256));
    }
  });
});

describe('shrinking on load', () => {
  const wide = (size: { width: number; height: number } | undefined): Frame => ({
    id: 'whole',
    from: { decode: 'first', ...(size && { shrinkTo: size }) },
    operations: operations({ op: 'orient' }),
    outputs: [output('whole', PNG)],
  });

  test('a frame that is wanted at several sizes is decoded no smaller than the largest of them', async () => {
    const plan = planOf(PHOTO, [wide({ width: 300, height: 262 })]);
    const [made] = (await render(plan, await temporaryFolder())).outputs;
    expect(made).toMatchObject({ width: 500, height: 436 });
    expect(await distance(made?.path ?? '', PHOTO)).toBeLessThan(2);
  });

  test('without leave the picture keeps its full size', async () => {
    const [made] = (await render(planOf(PHOTO, [wide(undefined)]), await temporaryFolder())).outputs;
    expect(made).toMatchObject({ width: 1000, height: 872 });
  });

  test('a size is met to the pixel whatever is done on load', async () => {
    for (const [width, height] of [
      [999, 871],
      [501, 437],
      [333, 290],
      [100, 87],
      [3, 2],
      [1, 1],
    ] as const) {
      const frame: Frame = {
        ...wide({ width, height }),
        operations: operations({ op: 'orient' }, { op: 'resize', width, height }),
      };
      const [made] = (await render(planOf(PHOTO, [frame]), await temporaryFolder())).outputs;
      expect(made).toMatchObject({ width, height });
      expect(await sharp(made?.path).metadata()).toMatchObject({ width, height });
    }
  });
});

describe('when it must not go on', () => {
  test('an aborted run ends with the reason, between operations', async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const reason = new Error('the deadline');
    stop.abort(reason);
    await expect(render(ladder(), folder, { signal: stop.signal })).rejects.toBe(reason);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a frame made from one that does not exist is a fault of the plan', async () => {
    const frames: Frame[] = [{ id: 'a', from: { frame: 'nobody' }, operations: [], outputs: [] }];
    await expect(render(planOf(PHOTO, frames), await temporaryFolder())).rejects.toThrow('nobody');
  });

  test("a folder that is not there is ours, not the picture's", async () => {
    await expect(render(ladder(), '/nonexistent/folder')).rejects.toMatchObject({ code: 'render_failed' });
  });

  test("a file that is gone is ours, not the picture's", async () => {
    await expect(render(ladder('/nonexistent/photo.jpg'), await temporaryFolder())).rejects.toMatchObject({
      code: 'render_failed',
    });
  });

  test('a picture that is no picture', async () => {
    const plan = ladder(await fileOf('hello'));
    await expect(render(plan, await temporaryFolder())).rejects.toMatchObject({ code: 'unsupported_format' });
  });
});
