import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProbeLimits } from '../pixels/picture.ts';
import type { RenderPlan } from '../pixels/render-plan.ts';
import { type PoolOptions, startRendererPool } from './renderer-pool.ts';
import type { Renderers } from './renderers.ts';
import { peakResidentBytes } from './resident-memory.ts';

/** What becomes of the pool when a renderer misbehaves; with real pictures, see `renderer-process.test.ts`. */

const limits: ProbeLimits = { formats: ['jpeg'], megapixels: 50, megapixelsByFormat: {} };
const MB = 2 ** 20;
const entryFile = (name: string) => fileURLToPath(new URL(`testing/${name}.ts`, import.meta.url));

const pools: Renderers[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

function open(options: Partial<PoolOptions> = {}) {
  const causes: string[] = [];
  const pool = startRendererPool({
    processes: 1,
    deadlineMs: 10_000,
    memoryBytes: 1000 * MB,
    maxRssBytes: 240 * MB,
    entry: entryFile('misbehaving-renderer'),
    onRestart: (cause) => causes.push(cause),
    ...options,
  });
  pools.push(pool);
  return { pool, causes };
}

function planTo(way: string): RenderPlan {
  return { source: { path: way, format: 'jpeg' }, frames: [] };
}

function renderTo(
  pool: Renderers,
  way: string,
  options: { estimatedBytes?: number; signal?: AbortSignal } = {},
) {
  return pool.render(planTo(way), { outDir: '/nowhere', estimatedBytes: 1, ...options });
}

async function eventually(check: () => boolean, withinMs = 5000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!check() && performance.now() < deadline) await sleep(20);
  expect(check()).toBe(true);
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}/status`) && !/^State:\sZ/m.test(status(pid));
function status(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State: Z';
  }
}

describe('a renderer that misbehaves takes down its own task only', () => {
  const cases = [
    { way: 'exits by itself', code: 'renderer_crashed', cause: 'died' },
    { way: 'segfaults', code: 'renderer_crashed', cause: 'died' },
    { way: 'aborts', code: 'renderer_crashed', cause: 'died' },
    { way: 'throws', code: 'renderer_crashed', cause: 'died' },
    { way: 'waits for ever', code: 'render_too_costly', cause: 'deadline', deadlineMs: 300 },
    { way: 'spins for ever', code: 'render_too_costly', cause: 'deadline', deadlineMs: 300 },
    { way: 'eats memory', code: 'render_too_costly', cause: 'memory', message: 'MB of memory' },
    { way: 'answers garbage', code: 'renderer_crashed', cause: 'nonsense' },
    { way: 'answers another task', code: 'renderer_crashed', cause: 'nonsense' },
    { way: 'answers with a rendering', code: 'renderer_crashed', cause: 'nonsense' },
    { way: 'claims a code of ours', code: 'renderer_crashed', cause: 'nonsense' },
  ];
  it.each(cases)('it $way: $code', async ({ way, code, cause, message, deadlineMs }) => {
    const { pool, causes } = open(deadlineMs === undefined ? {} : { deadlineMs });
    const failing = pool.probe(way, limits);
    const beside = pool.probe('works', limits);
    await expect(failing).rejects.toMatchObject({ code });
    if (message) await expect(failing).rejects.toThrow(message);
    await expect(beside).resolves.toMatchObject({ format: 'jpeg' });
    await expect(pool.probe('works', limits)).resolves.toMatchObject({ format: 'jpeg' });
    await eventually(() => causes.length === 1);
    expect(causes).toEqual([cause]);
  });

  it.runIf(process.platform === 'linux')('eats memory: it never has 50 MB more than its limit', async () => {
    const { pool } = open();
    let peak = 0;
    const watch = setInterval(() => {
      for (const { pid } of pool.stats().processes) peak = Math.max(peak, peakResidentBytes(pid) ?? 0);
    }, 1);
    await expect(pool.probe('eats memory', limits)).rejects.toMatchObject({ code: 'render_too_costly' });
    clearInterval(watch);
    expect(peak).toBeGreaterThan(200 * MB);
    expect(peak).toBeLessThan(290 * MB);
  });

  it('is killed while it works by somebody else: the task is tried again, twice', async () => {
    const { pool, causes } = open({ processes: 1 });
    const killed: number[] = [];
    const killBusy = async () => {
      const find = () => pool.stats().processes.find(({ pid, busy }) => busy && !killed.includes(pid));
      await eventually(() => find() !== undefined);
      const pid = find()?.pid ?? 0;
      killed.push(pid);
      process.kill(pid, 'SIGKILL');
    };
    const spared = renderTo(pool, 'takes a while');
    await killBusy();
    await expect(spared).resolves.toMatchObject({ outputs: [] });

    const lost = renderTo(pool, 'waits for ever');
    const verdict = expect(lost).rejects.toMatchObject({ code: 'renderer_crashed' });
    await killBusy();
    await killBusy();
    await killBusy();
    await verdict;
    await eventually(() => causes.length === 4);
  });

  it('is killed while idle: it is replaced and nobody notices', async () => {
    const { pool, causes } = open();
    await pool.probe('works', limits);
    const before = pool.stats().processes.map(({ pid }) => pid);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await expect(pool.probe('works', limits)).resolves.toMatchObject({ format: 'jpeg' });
    await eventually(() => pool.stats().processes.length === 2 && causes.length === 2);
    expect(pool.stats().processes.map(({ pid }) => pid)).not.toEqual(expect.arrayContaining(before));
  });

  it('is replaced after a task that left it fat', async () => {
    const { pool, causes } = open();
    await expect(pool.probe('grows fat', limits)).resolves.toMatchObject({ format: 'jpeg' });
    await eventually(() => causes.length === 1);
    expect(causes).toEqual(['recycled']);
  });

  it('is replaced before a task that would not fit on what earlier ones left in it', async () => {
    const { pool, causes } = open();
    // at the same time, so that both processes get one
    await Promise.all([1, 2].map(() => pool.probe('keeps some memory', limits)));
    await expect(renderTo(pool, 'works', { estimatedBytes: 1 })).resolves.toMatchObject({ outputs: [] });
    expect(causes).toEqual([]);
    await Promise.all([1, 2].map(() => pool.probe('keeps some memory', limits)));
    await expect(renderTo(pool, 'works', { estimatedBytes: 150 * MB })).resolves.toMatchObject({
      outputs: [],
    });
    expect(causes).toEqual(['recycled']);
  });
});

describe('renderers that cannot start', () => {
  it('fail the tasks that wait, and are started ever more rarely', async () => {
    const { pool, causes } = open({ entry: entryFile('stillborn-renderer'), processes: 2 });
    await expect(pool.probe('works', limits)).rejects.toMatchObject({ code: 'renderers_unavailable' });
    await expect(renderTo(pool, 'works')).rejects.toMatchObject({ code: 'renderers_unavailable' });
    const soFar = causes.length;
    await sleep(700);
    expect(causes.length - soFar).toBeLessThanOrEqual(2);
  });
});

describe('who goes first', () => {
  it('probes before renders', async () => {
    const { pool } = open();
    const order: string[] = [];
    const note = (name: string) => () => order.push(name);
    await pool.probe('works', limits);
    await Promise.all([
      renderTo(pool, 'takes a while').then(note('render 1')),
      renderTo(pool, 'takes a while').then(note('render 2')),
      pool.probe('works', limits).then(note('probe')),
    ]);
    expect(order).toEqual(['probe', 'render 1', 'render 2']);
  });

  it('renders within the memory for all, and one that is larger alone', async () => {
    const { pool } = open({ processes: 3, memoryBytes: 100 });
    const busy = () => pool.stats().processes.filter((process) => process.busy).length;
    const small = () => renderTo(pool, 'takes a while', { estimatedBytes: 1 });
    // Until three have been seen at work at once, some are still starting.
    for (let most = 0; most < 3; ) {
      const rounds = Promise.all([small(), small(), small()]);
      await sleep(20);
      most = busy();
      await rounds;
    }
    let busiest = 0;
    const watch = setInterval(() => {
      busiest = Math.max(busiest, busy());
    }, 5);
    const all = [60, 60, 40, 1000].map((estimatedBytes) =>
      renderTo(pool, 'takes a while', { estimatedBytes }),
    );
    await Promise.all(all);
    clearInterval(watch);
    expect(busiest).toBe(2);
  });

  it('refuses what does not fit in the line', async () => {
    const { pool } = open({ maxWaiting: 2 });
    const tasks = [1, 2, 3, 4].map(() => renderTo(pool, 'takes a while'));
    const settled = await Promise.allSettled(tasks);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(settled[3]).toMatchObject({ reason: { code: 'overloaded' } });
  });
});

describe('whoever asked may give up', () => {
  it('a task that waits is forgotten, one under way is killed', async () => {
    const { pool, causes } = open();
    const gone = new Error('the caller is gone');
    const controller = new AbortController();
    const { signal } = controller;
    await pool.probe('works', limits);
    const tasks = [renderTo(pool, 'waits for ever', { signal }), renderTo(pool, 'works', { signal })];
    const verdicts = tasks.map((task) => expect(task).rejects.toBe(gone));
    const after = renderTo(pool, 'works');
    controller.abort(gone);
    await Promise.all(verdicts);
    await expect(after).resolves.toMatchObject({ outputs: [] });
    expect(causes).toEqual(['aborted']);
  });

  it('closing fails what is under way or waits, and leaves no process', async () => {
    const { pool } = open();
    await pool.probe('works', limits);
    const tasks = [renderTo(pool, 'waits for ever'), renderTo(pool, 'waits for ever')];
    const verdicts = tasks.map((task) => expect(task).rejects.toMatchObject({ code: 'shutting_down' }));
    const pids = pool.stats().processes.map(({ pid }) => pid);
    await pool.close();
    await Promise.all(verdicts);
    expect(pids.filter(isAlive)).toEqual([]);
    await expect(pool.probe('works', limits)).rejects.toMatchObject({ code: 'shutting_down' });
  });
});

describe('what a renderer process is given', () => {
  it('is no secret of ours', async () => {
    const { pool } = open();
    const { metadata } = await pool.probe('works', limits);
    const allowed = [
      'FONTCONFIG_FILE',
      'MALLOC_ARENA_MAX',
      'UV_THREADPOOL_SIZE',
      'PWD',
      'SHLVL',
      '_',
      'OLDPWD',
    ];
    const others = (metadata.environment as string[]).filter((name) => !allowed.includes(name));
    expect(others).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'is limits that the kernel keeps, and a place at the end of the line',
    async () => {
      const { pool } = open();
      const { metadata } = await pool.probe('works', limits);
      const file = (name: string) => readFileSync(`/proc/${metadata.pid}/${name}`, 'utf8');
      expect(file('limits')).toMatch(/^Max core file size\s+0\s/m);
      expect(file('limits')).not.toMatch(/^Max data size\s+unlimited/m);
      // field 19 is the nice value; the second field may contain spaces
      expect(file('stat').split(') ')[1]?.split(' ')[16]).toBe('5');
    },
  );

  it.each(['idle', 'waits for ever'])(
    'is its life from its parent: killed with it, even when it %s',
    async (way) => {
      const program = `
      import { startRendererPool } from ${JSON.stringify(new URL('renderer-pool.ts', import.meta.url).href)};
      const options = { processes: 2, deadlineMs: 60000, memoryBytes: 1e9, maxRssBytes: 1e9 };
      const pool = startRendererPool({ ...options, entry: ${JSON.stringify(entryFile('misbehaving-renderer'))} });
      await pool.probe('works', ${JSON.stringify(limits)});
      if (${way !== 'idle'}) pool.probe(${JSON.stringify(way)}, ${JSON.stringify(limits)}).catch(() => {});
      console.log(JSON.stringify(pool.stats().processes.map(({ pid }) => pid)));
    `;
      const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
      const pids: number[] = JSON.parse(line);
      expect(pids.filter(isAlive)).toHaveLength(3);
      parent.kill('SIGKILL');
      await eventually(() => pids.filter(isAlive).length === 0, 1000);
    },
  );
});
