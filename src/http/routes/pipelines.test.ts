import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { newImageId } from '../../images/keys.ts';
import { parsePipeline } from '../../pipeline/document.ts';
import { type House, openHouse, problemOf, sampleBytes, TENANT } from '../testing/house.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse({ works: false });
});
afterAll(() => house.close());

interface Version {
  readonly name: string;
  readonly version: number;
  readonly created_at: string;
  readonly document: { readonly steps: readonly { readonly step: string }[] };
}

const put = (name: string, document: unknown, headers = { 'content-type': 'application/json' }) =>
  house.call(`/v1/pipelines/${name}`, {
    method: 'PUT',
    headers,
    body: typeof document === 'string' ? document : JSON.stringify(document),
  });

const read = async (path: string) => (await (await house.call(path)).json()) as Version;

const resize = (width: number) => ({ steps: [{ step: 'resize', variants: [{ name: 'one', width }] }] });

describe('/v1/pipelines', () => {
  it('keeps every change as a version, and old versions readable', async () => {
    const first = (await (await put('web', resize(100))).json()) as Version;
    expect(first).toMatchObject({ name: 'web', version: 1 });
    expect(first.document.steps.map(({ step }) => step)).toContain('validate');
    expect(((await (await put('web', resize(100))).json()) as Version).version).toBe(1);
    expect(((await (await put('web', { name: 'web', ...resize(200) })).json()) as Version).version).toBe(2);
    expect((await read('/v1/pipelines/web')).version).toBe(2);
    expect((await read('/v1/pipelines/web?version=1')).document).toEqual(
      parsePipeline({ name: 'web', ...resize(100) }),
    );
  });

  it('lists each in its newest version', async () => {
    const { pipelines } = (await (await house.call('/v1/pipelines')).json()) as { pipelines: Version[] };
    expect(pipelines.map(({ name }) => name)).toContain('default');
    expect(new Set(pipelines.map(({ name }) => name)).size).toBe(pipelines.length);
  });

  it('exports to Amazon States Language', async () => {
    const machine = await (await house.call('/v1/pipelines/default/state-machine')).json();
    expect(machine).toMatchObject({ QueryLanguage: 'JSONPath', StartAt: expect.any(String) });
  });

  it('takes a watermark that is a ready image of the tenant, and no other', async () => {
    const own = await openHouse({ works: false });
    onTestFinished(() => own.close());
    const marked = (image: string) => ({
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        steps: [
          { step: 'resize', variants: [{ name: 'a', width: 9 }] },
          { step: 'watermark', image },
        ],
      }),
    });
    const sent = await own.call('/v1/images', { method: 'POST', body: await sampleBytes('coffee.png') });
    const { image_id: id } = (await sent.json()) as { image_id: string };
    const refusals = [
      [id, 'steps[1].image must be an image that is ready; this one is received'],
      [newImageId(0), 'steps[1].image must be the image_id of an image that is there'],
      ['logo.png', 'steps[1].image must be the image_id of an image of yours'],
    ] as const;
    for (const [image, words] of refusals) {
      const problem = await problemOf(await own.call('/v1/pipelines/marked', marked(image)));
      expect(problem).toMatchObject({ code: 'invalid_pipeline', errors: [{ path: 'steps[1].image' }] });
      expect(problem.detail).toContain(words);
    }
    const { catalog } = own.platform;
    for (const status of ['processing', 'ready'] as const) {
      const stored = await catalog.read(TENANT, id);
      if (stored) await catalog.replace(stored, { ...stored, record: { ...stored.record, status } }, []);
    }
    expect((await own.call('/v1/pipelines/marked', marked(id))).status).toBe(200);
  });

  const refused: [name: string, document: unknown, code: string, path: string][] = [
    ['an unknown field', { ...resize(5), colour: 'red' }, 'invalid_pipeline', ''],
    ['a mistake deep inside', resize(-5), 'invalid_pipeline', 'steps[0].variants[0].width'],
    ['a step to come', { steps: [{ step: 'moderate' }] }, 'invalid_pipeline', 'steps[0].step'],
    ['another name than the path', { name: 'other', ...resize(5) }, 'invalid_pipeline', 'name'],
    ['no object', [], 'invalid_pipeline', ''],
    ['no JSON', '{"steps":', 'invalid_request', ''],
  ];
  it.each(refused)('refuses %s and says where', async (_name, document, code, path) => {
    const problem = await problemOf(await put('broken', document));
    expect(problem.code).toBe(code);
    if (path !== '') expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect((await house.call('/v1/pipelines/broken')).status).toBe(404);
  });

  it('takes JSON only', async () => {
    expect((await problemOf(await put('web', resize(5), { 'content-type': 'text/yaml' }))).code).toBe(
      'unsupported_media_type',
    );
  });

  it('does not know versions that were never written', async () => {
    expect((await problemOf(await house.call('/v1/pipelines/web?version=99'))).code).toBe(
      'pipeline_not_found',
    );
    expect((await problemOf(await house.call('/v1/pipelines/web?version=x'))).code).toBe('invalid_request');
  });
});

interface Letters {
  readonly dead_letters: readonly { readonly id: string; readonly image_id: string }[];
  readonly next_cursor: string | null;
}

describe('/v1/dead-letters', () => {
  const imageId = (n: number) => `018f2c5e-0000-7000-8000-00000000000${n}`;

  async function bury(n: number): Promise<void> {
    const { queue } = house.platform;
    const work = { v: 1, kind: 'run', tenant_id: TENANT, image_id: imageId(n), generation: 1 } as const;
    await queue.send(work, { lane: 'interactive', dedupeId: imageId(n) });
    const [message] = await queue.receive({ max: 1, waitMs: 0, leaseMs: 60_000 });
    if (message) await queue.bury(message, { code: 'renderer_crashed', message: 'It died three times.' });
  }

  const list = async (query = '') => (await (await house.call(`/v1/dead-letters${query}`)).json()) as Letters;

  it('lists, queues again and drops what was given up', async () => {
    for (const n of [1, 2, 3]) await bury(n);
    const { dead_letters: letters } = await list();
    expect(letters).toHaveLength(3);
    expect(letters.find(({ image_id }) => image_id === imageId(1))).toMatchObject({
      kind: 'run',
      generation: 1,
      lane: 'interactive',
      reason: { code: 'renderer_crashed', message: 'It died three times.' },
      receives: 1,
      buried_at: expect.stringMatching(/Z$/),
    });
    const page = await list('?limit=2');
    expect(page.dead_letters).toHaveLength(2);
    const rest = await list(`?limit=2&cursor=${encodeURIComponent(page.next_cursor ?? '')}`);
    expect(rest.dead_letters).toHaveLength(1);

    const [first, second, third] = letters;
    expect((await house.call(`/v1/dead-letters/${first?.id}/redrive`, { method: 'POST' })).status).toBe(202);
    const [again] = await house.platform.queue.receive({ max: 1, waitMs: 0, leaseMs: 60_000 });
    expect([again?.work.image_id, again?.receives]).toEqual([first?.image_id, 1]);
    expect((await house.call(`/v1/dead-letters/${second?.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await list()).dead_letters).toEqual([expect.objectContaining({ id: third?.id })]);
    const gone = await house.call(`/v1/dead-letters/${second?.id}`, { method: 'DELETE' });
    expect((await problemOf(gone)).code).toBe('dead_letter_not_found');
  });
});
