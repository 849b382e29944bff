import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../images/clock.ts';
import { openEmbedded } from '../../platform/embedded/platform.ts';
import { cli, SAMPLES, scratchFolder, startCli, until } from '../testing/cli.ts';
import { brittleLine, TestService } from '../testing/service.ts';

/** The verbs that talk to a server, against a real one. */

let folder: string;
let service: TestService;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-verbs-'));
  service = await TestService.start(join(folder, 'data'));
  const tiny = {
    name: 'tiny',
    description: 'one small size',
    steps: [
      {
        step: 'resize',
        variants: [
          { name: 'small', width: 64, height: 64 },
          { name: 'mid', width: 128 },
        ],
      },
      {
        step: 'convert',
        outputs: [
          { format: 'jpeg' },
          { format: 'webp', effort: 0 },
          { format: 'avif', effort: 0, when: 'first_request' },
        ],
      },
    ],
  };
  await writeFile(join(folder, 'tiny.json'), JSON.stringify(tiny));
  expect(await service.cli(['pipelines', 'put', join(folder, 'tiny.json')])).toEqual({
    code: 0,
    stdout: 'tiny, version 1\n',
    stderr: '',
  });
});
afterAll(async () => {
  expect(await service.stop()).toMatchObject({ code: 0 });
  await rm(folder, { recursive: true });
});

const rocket = join(SAMPLES, 'rocket.jpg');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function uploaded(
  args: readonly string[],
): Promise<{ image_id: string; record: Record<string, unknown> }> {
  const { results } = await service.json(['upload', ...args, '-p', 'tiny']);
  return results[0];
}

describe('upload', () => {
  it('sends the pictures of a folder, waits until they are ready, and tells', async () => {
    const args = ['upload', SAMPLES, '-p', 'tiny', '--wait', '-t', 'set=samples', '-t', 'note=a=b'];
    const { code, stdout, stderr } = await service.cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^rocket\.jpg +113 kB +\d+ +ready +[0-9a-f-]{36}$/m);
    expect(stdout).toContain('5 of 5 files sent; 2.1 MB');
    const { images } = await service.json(['ls', '--tag', 'set=samples', '--all']);
    expect(images).toHaveLength(5);
    expect(images[0].tags).toEqual({ set: 'samples', note: 'a=b' });
  });

  it.each(['direct', 'signed', 'resumable'])('takes a file by the way %s, byte for byte', async (way) => {
    const flags = way === 'direct' ? [] : [`--${way}`];
    const { results, summary } = await service.json([
      'upload',
      rocket,
      ...flags,
      '-p',
      'tiny',
      '-t',
      `way=${way}`,
    ]);
    expect(summary).toMatchObject({ files: 1, sent: 1, failed: 0, bytes: 112_525, stopped: false });
    const [{ image_id, record, ...result }] = results;
    expect(result).toMatchObject({ way, size: 112_525 });
    expect(record).toMatchObject({
      image_id,
      tags: { way },
      pipeline: { name: 'tiny' },
      original: { filename: 'rocket.jpg', sha256: sha256(await readFile(rocket)) },
    });
  });

  it('sends large files in pieces, over a line that breaks, and arrives whole', async () => {
    const photo = join(await scratchFolder(), 'large.png');
    const side = 1800;
    const noise = randomBytes(side * side * 3);
    await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toFile(photo);
    const line = await brittleLine(service.url, [
      { loses: 'request', after: 6_000_000 },
      { loses: 'request', after: 1_000_000 },
      { loses: 'answer', after: 4_200_000 },
    ]);
    const { results } = await service.json(['upload', photo, '-p', 'tiny'], { DARKROOM_URL: line.url });
    const [{ way, record }] = results;
    expect(line.broken()).toBe(3);
    expect(way).toBe('resumable');
    expect(record.original.sha256).toBe(sha256(await readFile(photo)));
    expect(record.source).toBe('resumable');
  });

  it.each(['direct', 'signed', 'resumable'])(
    'makes one image by the way %s where answers are lost',
    async (way) => {
      const line = await brittleLine(service.url, [
        { loses: 'answer', after: 600 },
        { loses: 'answer', after: 110_000 },
      ]);
      const flags = way === 'direct' ? [] : [`--${way}`];
      const tag = `once=${randomBytes(4).toString('hex')}`;
      await service.json(['upload', rocket, ...flags, '-p', 'tiny', '-t', tag], { DARKROOM_URL: line.url });
      const { images } = await service.json(['ls', '--tag', tag, '--all']);
      expect(images).toHaveLength(1);
      expect(line.broken()).toBeGreaterThan(0);
    },
  );

  it('names what the server refused, and sends the others', async () => {
    const scratch = await scratchFolder();
    await writeFile(join(scratch, 'text.jpg'), 'not a picture');
    await writeFile(join(scratch, 'empty.png'), '');
    await writeFile(join(scratch, 'rocket.jpg'), await readFile(rocket));
    await writeFile(join(scratch, 'cut.jpg'), (await readFile(rocket)).subarray(0, 50_000));
    const args = ['upload', scratch, '--wait', '-p', 'tiny', '--json'];
    const { code, stdout, stderr } = await service.cli(args);
    expect(code).toBe(1);
    const { results } = JSON.parse(stdout) as {
      results: { input: string; status: string; error?: { code: string } }[];
    };
    const told = results.map(({ input, status, error }) => [
      input.slice(scratch.length + 1),
      status,
      error?.code,
    ]);
    expect(Object.fromEntries(told.map(([name, ...rest]) => [name, rest]))).toEqual({
      'text.jpg': ['not_sent', 'unsupported_format'],
      'empty.png': ['not_sent', 'empty_file'],
      'rocket.jpg': ['ready', undefined],
      'cut.jpg': ['rejected', 'image_corrupt'],
    });
    expect(stderr).toContain('3 files failed:');
  });

  it('stops at Ctrl-C with a complete document', async () => {
    const many = await scratchFolder();
    const bytes = await readFile(rocket);
    for (let index = 0; index < 400; index++) await writeFile(join(many, `${index}.jpg`), bytes);
    const tag = `stop=${randomBytes(4).toString('hex')}`;
    const running = startCli(['upload', many, '-p', 'tiny', '-t', tag, '--json'], { env: service.env });
    await until(running, ({ stdout }) => stdout.split('image_id').length > 8);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.finished;
    expect(code).toBe(1);
    const { results, summary } = JSON.parse(stdout) as {
      results: unknown[];
      summary: Record<string, unknown>;
    };
    expect(summary).toMatchObject({ files: 400, sent: results.length, failed: 0, stopped: true });
    expect(results.length).toBeLessThan(400);
    const { images } = await service.json(['ls', '--tag', tag, '--all']);
    expect(images.length).toBeGreaterThanOrEqual(results.length);
  });

  it('says when there is no such pipeline', async () => {
    const { code, stderr } = await service.cli(['upload', rocket, '-p', 'tinny']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/rocket\.jpg: .*tinny.* \(pipeline_not_found\)/);
  });
});

describe('ls and show', () => {
  it('list the newest first, page by page', async () => {
    const tag = `page=${randomBytes(4).toString('hex')}`;
    const ids: string[] = [];
    for (let count = 0; count < 3; count++)
      ids.unshift((await uploaded([rocket, '-t', tag, '--wait'])).image_id);
    const idsOf = ({ images }: { images: { image_id: string }[] }) => images.map(({ image_id }) => image_id);
    const first = await service.json(['ls', '--tag', tag, '--limit', '2']);
    expect(idsOf(first)).toEqual(ids.slice(0, 2));
    const second = await service.json(['ls', '--tag', tag, '--limit', '2', '--cursor', first.next_cursor]);
    expect(idsOf(second)).toEqual(ids.slice(2));
    expect(second.next_cursor).toBeNull();
    const { stdout, stderr } = await service.cli([
      'ls',
      '--tag',
      tag,
      '-n',
      '2',
      '--status',
      'ready',
      '--from',
      '1h',
    ]);
    expect(stdout.split('\n')[1]).toMatch(
      /^[0-9a-f-]{36} {2}ready +\S+ \S+Z +113 kB +640 x 427 {2}rocket\.jpg$/,
    );
    expect(stderr).toContain('There are more: --cursor ');
    expect((await service.json(['ls', '--tag', tag, '--to', '1h'])).images).toEqual([]);
  });

  it('show a record for people and for scripts', async () => {
    const { image_id } = await uploaded([rocket]);
    const record = await service.json(['show', image_id, '--wait']);
    expect(record).toMatchObject({ image_id, status: 'ready', variants: { length: 4 } });
    const { stdout } = await service.cli(['show', image_id]);
    expect(stdout).toContain('original   image/jpeg, 113 kB, 640 x 427');
    expect(stdout).toMatch(/^small +webp +64 x 43 +\d/m);
    expect(stdout).toMatch(/^validate +done /m);
  });

  it('say when there is no such image', async () => {
    const { code, stdout, stderr } = await service.cli(['show', '0197a1c2-3b4d-7e5f-8a6b-0123456789ab']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/\(image_not_found, request [\w-]+\)/);
  });
});

describe('get', () => {
  let imageId: string;
  beforeAll(async () => {
    imageId = (await uploaded([rocket, '--wait'])).image_id;
  });

  it.each([
    [['--variant', 'small', '-f', 'webp'], 'webp', 64],
    [['--variant', 'small', '-f', 'jpeg'], 'jpeg', 64],
    [['--variant', 'mid', '-f', 'avif'], 'heif', 128],
    [['-f', 'jpg'], 'jpeg', 128],
  ])('%j', async (args, format, width) => {
    const file = join(await scratchFolder(), 'picture');
    expect(await service.json(['get', imageId, ...args, '-o', file])).toMatchObject({
      image_id: imageId,
      file,
    });
    expect(await sharp(file).metadata()).toMatchObject({ format, width });
  });

  it('names the file as the server says, and does not overwrite it', async () => {
    const cwd = await scratchFolder();
    const run = () => cli(['get', imageId, '-f', 'webp'], { env: service.env, cwd });
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
    const first = await readFile(join(cwd, 'processed_rocket.webp'));
    const again = await run();
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toContain('is there already');
    expect(await readdir(cwd)).toEqual(['processed_rocket.webp']);
    expect(await readFile(join(cwd, 'processed_rocket.webp'))).toEqual(first);
  });

  it('gives the original back, also into a pipe', async () => {
    const target = await scratchFolder();
    const { file } = await service.json(['get', imageId, '--original', '-o', target]);
    expect(file).toBe(join(target, 'rocket.jpg'));
    expect(sha256(await readFile(file))).toBe(sha256(await readFile(rocket)));
    const { code, stdout } = await service.cli(['get', imageId, '--original', '-o', '-']);
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(10_000);
  });

  it('leaves no file where there is no such variant', async () => {
    const target = await scratchFolder();
    const { code, stderr } = await service.cli([
      'get',
      imageId,
      '--variant',
      'huge',
      '-o',
      join(target, 'x'),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('(variant_not_found');
    expect(await readdir(target)).toEqual([]);
  });
});

it('rm erases what is there, and names what is not', async () => {
  const { image_id } = await uploaded([rocket]);
  const missing = '0197a1c2-3b4d-7e5f-8a6b-0123456789ab';
  const { code, stdout } = await service.cli(['rm', image_id, missing, '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    erased: [image_id],
    failed: [{ id: missing, error: { code: 'image_not_found' } }],
  });
  expect(await service.cli(['show', image_id])).toMatchObject({ code: 1 });
});

describe('pipelines', () => {
  it('are listed, read, and exported', async () => {
    const { stdout } = await service.cli(['pipelines']);
    expect(stdout).toMatch(/^tiny +1 +\S+ \S+Z +one small size$/m);
    const document = JSON.parse((await service.cli(['pipelines', 'get', 'tiny', '--version', '1'])).stdout);
    expect(document).toMatchObject({ name: 'tiny', steps: expect.any(Array) });
    expect(await service.json(['pipelines', 'state-machine', 'tiny'])).toMatchObject({
      StartAt: expect.any(String),
    });
  });

  it('are refused with the place of the mistake', async () => {
    const file = join(await scratchFolder(), 'wrong.json');
    const steps = [{ step: 'resize', variants: [{ name: 'a', width: '12px' }] }, { step: 'notfy' }];
    await writeFile(file, JSON.stringify({ steps }));
    expect(await service.cli(['pipelines', 'put', file])).toMatchObject({ code: 2 });
    const { code, stdout, stderr } = await service.cli([
      'pipelines',
      'put',
      file,
      '--name',
      'wrong',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/steps.*width.*12px/);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'invalid_pipeline', errors: { length: 2 } });
  });

  it.each([
    [['lst'], 'Did you mean ls?'],
    [['get'], 'Something is missing: the name of the pipeline'],
    [['get', 'tiny', '--version', 'x'], '--version must be a whole number'],
  ])('%j', async (args, words) => {
    const { code, stderr } = await service.cli(['pipelines', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('dead letters', () => {
  it('are listed, tried again and dropped', async () => {
    expect(await service.cli(['dead-letters'])).toMatchObject({ code: 0, stdout: 'There are none.\n' });
    const images = [await uploaded([rocket, '--wait']), await uploaded([rocket, '--wait'])];
    await buryRunsOf(images.map(({ image_id }) => image_id));

    const { stdout } = await service.cli(['dead-letters']);
    expect(
      stdout.match(/^\S+ +[0-9a-f-]{36} +run +1 +\S+ \S+Z +It broke\. \(renderer_crashed\)$/gm),
    ).toHaveLength(2);
    const [first] = (await service.json(['dead-letters', 'list'])).dead_letters;
    expect(await service.json(['dead-letters', 'redrive', first.id])).toEqual({
      redriven: [first.id],
      failed: [],
    });
    const { dropped } = await service.json(['dead-letters', 'drop', '--all']);
    expect(dropped).toHaveLength(1);
    expect((await service.json(['dead-letters'])).dead_letters).toEqual([]);

    const gone = await service.cli(['dead-letters', 'redrive', first.id]);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('dead_letter_not_found') });
    expect(await service.cli(['dead-letters', 'redrive'])).toMatchObject({ code: 2 });
  });

  /** What a worker does after the last try, done at a moment when no worker can be faster. */
  async function buryRunsOf(imageIds: readonly string[]): Promise<void> {
    await service.stop();
    const platform = await openEmbedded({ dataDir: join(folder, 'data'), clock: systemClock, role: 'tool' });
    for (const image_id of imageIds) {
      const work = { v: 1, kind: 'run', tenant_id: 'main', image_id, generation: 1 } as const;
      await platform.queue.send(work, { lane: 'interactive', dedupeId: `test/${image_id}` });
      const [delivery] = await platform.queue.receive({ max: 1, waitMs: 0, leaseMs: 60_000 });
      if (!delivery) throw new Error('the message that was just sent is not there');
      await platform.queue.bury(delivery, { code: 'renderer_crashed', message: 'It broke.' });
    }
    await platform.close();
    service = await TestService.start(join(folder, 'data'));
  }
});
