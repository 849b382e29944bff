import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cli, SAMPLES, scratchFolder, startCli, until } from '../testing/cli.ts';
import { filesUnder } from '../testing/service.ts';
import type { FileResult } from './process-file.ts';

/** `darkroom process` as a program, on real photographs. */

interface Document {
  readonly results: FileResult[];
  readonly summary: Record<string, unknown>;
}

const tiny = {
  name: 'tiny',
  steps: [
    { step: 'resize', variants: [{ name: 'small', width: 64, height: 64 }] },
    { step: 'convert', outputs: [{ format: 'webp' }, { format: 'avif', effort: 0, when: 'first_request' }] },
  ],
};

async function scene() {
  const folder = await scratchFolder();
  const [photos, out, pipeline] = [join(folder, 'photos'), join(folder, 'out'), join(folder, 'tiny.json')];
  await mkdir(join(photos, '2024'), { recursive: true });
  await writeFile(pipeline, JSON.stringify(tiny));
  return { folder, photos, out, pipeline };
}

async function fingerprints(folder: string): Promise<Record<string, string>> {
  const names = await filesUnder(folder);
  const rows = names.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    return [name, createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

describe('darkroom process', () => {
  it('makes the variants of every photo, keeps subfolders, tells them apart, and leaves the input alone', async () => {
    const { photos, out } = await scene();
    await copyFile(join(SAMPLES, 'rocket.jpg'), join(photos, 'rocket.jpg'));
    await copyFile(join(SAMPLES, 'chelsea.png'), join(photos, 'rocket.png'));
    await copyFile(join(SAMPLES, 'coffee.png'), join(photos, '2024/coffee.png'));
    await writeFile(join(photos, 'notes.txt'), 'no picture');
    const before = await fingerprints(photos);

    const { code, stdout, stderr } = await cli(['process', photos, '--out', out]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^photo +in +out +saved +ms +status$/m);
    expect(stdout).toMatch(/^2024\/coffee\.png +467 kB +\d+ kB +\d+ % +\d+ {2}done$/m);
    expect(stdout).toContain('3 of 3 files done; 1 other file in the folders skipped');
    const stems = ['2024/coffee', 'rocket', 'rocket_2'];
    const expected = stems.flatMap((stem) =>
      ['large', 'medium', 'thumbnail'].flatMap((variant) => [
        `${stem}_${variant}.jpg`,
        `${stem}_${variant}.webp`,
      ]),
    );
    expect(await filesUnder(out)).toEqual(expected.sort());
    expect(await fingerprints(photos)).toEqual(before);
    const { width, format } = await sharp(join(out, 'rocket_thumbnail.webp')).metadata();
    expect({ width, format }).toEqual({ width: 256, format: 'webp' });
  });

  it('gives the same bytes again, and one JSON document with --json', async () => {
    const { folder, photos, pipeline } = await scene();
    for (const name of ['rocket.jpg', 'chelsea.png']) await copyFile(join(SAMPLES, name), join(photos, name));
    await writeFile(join(photos, 'notes.txt'), 'no picture');
    const outs = [join(folder, 'first'), join(folder, 'second')];
    const runs = await Promise.all(
      outs.map((out) => cli(['process', photos, '--out', out, '-p', pipeline, '--renderers', '1', '--json'])),
    );
    const [first, second] = await Promise.all(outs.map(fingerprints));
    expect(first).toEqual(second);
    expect(Object.keys(first ?? {})).toHaveLength(2);
    for (const { code, stdout } of runs) {
      const { results, summary } = JSON.parse(stdout) as Document;
      expect(code).toBe(0);
      expect(summary).toMatchObject({ files: 2, done: 2, failed: 0, skipped: 1, stopped: false });
      for (const { outputs, placeholder } of results) {
        expect(placeholder).toMatchObject({ thumbhash: expect.any(String) });
        for (const output of outputs) {
          const bytes = await readFile(output.path);
          expect(output).toMatchObject({ variant: 'small', format: 'webp', size: bytes.length });
          expect(createHash('sha256').update(bytes).digest('hex')).toBe(output.sha256);
        }
      }
    }
  });

  it('names each file that failed, with code and words, does the others, and ends with 1', async () => {
    const { photos, out, pipeline } = await scene();
    const rocket = await readFile(join(SAMPLES, 'rocket.jpg'));
    await writeFile(join(photos, 'good.jpg'), rocket);
    await writeFile(join(photos, 'cut.jpg'), rocket.subarray(0, rocket.length / 2));
    await writeFile(join(photos, 'empty.png'), '');
    await writeFile(join(photos, 'text.jpg'), 'not a picture at all');
    await writeFile(join(photos, 'too\u001b[31mred.jpg'), '');

    const { code, stdout, stderr } = await cli(['process', photos, '-o', out, '-p', pipeline]);

    expect(code).toBe(1);
    expect(stderr).toContain('4 files failed:');
    expect(stderr).toMatch(/^ {2}empty\.png: .+ \(empty_file\)$/m);
    expect(stderr).toMatch(/^ {2}text\.jpg: .+ \(unsupported_format\)$/m);
    expect(stderr).toMatch(/^ {2}cut\.jpg: .+ \(image_corrupt\)$/m);
    expect(stdout).toContain('1 of 5 files done; 4 failed');
    expect(stdout + stderr).not.toContain('\u001b');
    expect(await filesUnder(out)).toEqual(['good_small.webp']);
  });

  it('makes what a service would defer only with --all; clears away what a killed run left', async () => {
    const { out, pipeline } = await scene();
    await mkdir(join(out, '.darkroom-process-killed/half'), { recursive: true });
    await utimes(join(out, '.darkroom-process-killed'), new Date(0), new Date(0));
    await mkdir(join(out, '.darkroom-process-running'));
    const { code } = await cli(['process', join(SAMPLES, 'rocket.jpg'), '-o', out, '-p', pipeline, '--all']);
    expect(code).toBe(0);
    expect((await readdir(out)).sort()).toEqual([
      '.darkroom-process-running',
      'rocket_small.avif',
      'rocket_small.webp',
    ]);
  });

  it('draws watermark images that lie beside the pipeline', async () => {
    const { folder, out } = await scene();
    const mark = sharp({ create: { width: 20, height: 20, channels: 3, background: '#ff0000' } });
    await mark.png().toFile(join(folder, 'mark.png'));
    const steps = [
      { step: 'watermark', image: 'mark.png', opacity: 1, place: 'top-left', margin: 0, size: 0.5 },
      { step: 'convert', outputs: [{ format: 'png' }] },
    ];
    await writeFile(join(folder, 'marked.json'), JSON.stringify({ name: 'marked', steps }));
    const args = ['process', join(SAMPLES, 'chelsea.png'), '-o', out, '-p', join(folder, 'marked.json')];
    expect(await cli(args)).toMatchObject({ code: 0, stderr: '' });
    const corner = { left: 10, top: 10, width: 1, height: 1 };
    const pixel = await sharp(join(out, 'chelsea_full.png')).extract(corner).removeAlpha().raw().toBuffer();
    expect([...pixel]).toEqual([255, 0, 0]);
  });

  it('says where a pipeline document is wrong', async () => {
    const { folder, out } = await scene();
    const wrong = { name: 'wrong', steps: [{ step: 'resize', variants: [{ name: 'a', width: '12px' }] }] };
    await writeFile(join(folder, 'wrong.json'), JSON.stringify(wrong));
    await writeFile(join(folder, 'broken.json'), '{"name": ');
    const run = (name: string) => cli(['process', SAMPLES, '-o', out, '-p', join(folder, name), '--json']);
    const [mistaken, broken] = await Promise.all([run('wrong.json'), run('broken.json')]);
    expect(mistaken).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('steps[0].variants[0].width'),
    });
    expect(JSON.parse(mistaken.stdout).error.code).toBe('invalid_pipeline');
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('not valid JSON') });
  });

  it('says that a file is no folder to write into', async () => {
    const { photos, pipeline } = await scene();
    for (const [out, words] of [
      [pipeline, 'is a file: name a folder'],
      [join(pipeline, 'below'), 'lies below a file: name a folder'],
    ] as const) {
      const { code, stderr } = await cli(['process', photos, '--out', out]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(words) });
    }
  });

  it('refuses to write where it reads', async () => {
    const { photos } = await scene();
    const { code, stderr } = await cli(['process', photos, '--out', join(photos, 'web')]);
    expect(code).toBe(2);
    expect(stderr).toContain('choose a folder outside');
    expect(await filesUnder(photos)).toEqual([]);
  });

  it('stops when nobody reads its output any more, and leaves nothing half done', async () => {
    const { photos, out, pipeline } = await scene();
    for (let index = 0; index < 200; index++) {
      await copyFile(join(SAMPLES, 'rocket.jpg'), join(photos, `${index}.jpg`));
    }
    const running = startCli(['process', photos, '--out', out, '-p', pipeline]);
    await until(running, ({ stdout }) => stdout.includes('done'));
    running.child.stdout?.destroy();
    const { code, stderr } = await running.finished;
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const names = await readdir(out);
    expect(names.length).toBeLessThan(200);
    expect(names.filter((name) => !name.endsWith('_small.webp'))).toEqual([]);
  });

  it('stops at Ctrl-C: what is there is whole, nothing else is left, the document is complete', async () => {
    const { photos, out } = await scene();
    for (let index = 0; index < 60; index++) {
      await copyFile(join(SAMPLES, 'rocket.jpg'), join(photos, `${index}.jpg`));
    }
    const running = startCli(['process', photos, '--out', out, '--json']);
    await until(running, ({ stdout }) => stdout.split('"status":"done"').length > 2);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.finished;

    expect(code).toBe(1);
    expect(stderr).toContain('stopping (SIGINT)');
    const { results, summary } = JSON.parse(stdout) as Document;
    expect(summary).toMatchObject({ files: 60, failed: 0, stopped: true });
    expect(results.length).toBeLessThan(60);
    const files = await filesUnder(out);
    expect(files.length).toBeGreaterThanOrEqual(results.length * 6);
    for (const name of files) await expect(sharp(join(out, name)).stats(), name).resolves.toBeDefined();
    expect(files.filter((name) => name.startsWith('.'))).toEqual([]);
    expect(await readdir(out)).toEqual(files);
  });
});
