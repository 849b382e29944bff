import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Task, TaskAnswer } from '../renderer-protocol.ts';

/** A renderer that does what the path of its task says, for the tests of the pool. Never part of the service. */

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (task: Task) => void act(task));
tell({ kind: 'ready' });

const ways: Readonly<Record<string, (task: Task) => unknown>> = {
  works,
  'takes a while': async (task) => {
    await sleep(150);
    works(task);
  },
  'exits by itself': () => process.exit(3),
  segfaults: () => process.kill(process.pid, 'SIGSEGV'),
  aborts: () => process.abort(),
  throws: () => {
    throw new Error('a bug in the renderer');
  },
  'waits for ever': () => sleep(3_600_000),
  'spins for ever': () => {
    for (;;);
  },
  'eats memory': async () => {
    const eaten: Buffer[] = [];
    for (;;) {
      eaten.push(Buffer.alloc(4 * 2 ** 20, eaten.length));
      await sleep(1);
    }
  },
  'answers garbage': () => process.send?.({ kind: 'rendered', outputs: '../../etc/passwd' }),
  'answers another task': (task) => tell(probed({ ...task, id: task.id + 1 })),
  'answers with a rendering': (task) =>
    tell({
      kind: 'rendered',
      id: task.id,
      rendered: { outputs: [], stepMs: {} },
      usage: { rss: 1, cpuMs: 1 },
    }),
  'claims a code of ours': (task) =>
    process.send?.({
      kind: 'failed',
      id: task.id,
      failure: { code: 'unauthorized', message: 'no', detail: '' },
      usage: { rss: 1, cpuMs: 1 },
    }),
  'keeps some memory': async (task) => {
    await sleep(50);
    tell({ ...probed(task), usage: { rss: 200 * 2 ** 20, cpuMs: 1 } });
  },
  'grows fat': (task) => tell({ ...probed(task), usage: { rss: 400 * 2 ** 20, cpuMs: 1 } }),
};

async function act(task: Task): Promise<void> {
  await ways[way(task)]?.(task);
}

function way(task: Task): string {
  return task.kind === 'probe' ? task.path : task.plan.source.path;
}

function works(task: Task): void {
  tell(
    task.kind === 'probe'
      ? probed(task)
      : { kind: 'rendered', id: task.id, rendered: { outputs: [], stepMs: {} }, usage: { rss: 1, cpuMs: 1 } },
  );
}

function probed(task: Task): TaskAnswer {
  return {
    kind: 'probed',
    id: task.id,
    probe: {
      format: 'jpeg',
      stored: { width: 4, height: 3 },
      viewed: { width: 4, height: 3 },
      orientation: 1,
      pages: 1,
      hasAlpha: false,
      isProgressive: false,
      depth: 8,
      space: 'srgb',
      hasProfile: false,
      // biome-ignore lint/style/noProcessEnv: who answers, and what it can see, is what a test asks
      metadata: { pid: process.pid, environment: Object.keys(process.env) },
    },
    usage: { rss: 1, cpuMs: 1 },
  };
}

function tell(answer: Answer): void {
  process.send?.(answer);
}
