import { writeSync } from 'node:fs';
import { fenceLoaders } from '../pixels/loaders.ts';
import { probe } from '../pixels/probe.ts';
import { render } from '../pixels/render.ts';
import { type Answer, Task, type TaskAnswer, tellFailure } from './renderer-protocol.ts';

/**
 * A renderer process: takes tasks from its parent, one after the other, and answers them. It decodes hostile bytes, so
 * it knows nothing worth stealing and may die at any moment. Started by `renderer-child.ts`, which says with what.
 */

// Its life hangs on its parent's alone. A Ctrl-C or a supervisor's SIGTERM reaches the whole process group, while the
// parent still wants work in hand to be finished.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Not process.exit, which would wait for libvips to finish the picture in hand.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('uncaughtException', die);

fenceLoaders();
let line = Promise.resolve();
process.on('message', (message) => {
  line = line.then(() => work(message)).catch(die);
});
send({ kind: 'ready' });

async function work(message: unknown): Promise<void> {
  const task = Task.parse(message);
  send(await answerTo(task));
}

async function answerTo(task: Task): Promise<TaskAnswer> {
  const { id } = task;
  try {
    return task.kind === 'probe'
      ? { kind: 'probed', id, probe: await probe(task.path, task.limits), usage: usage() }
      : { kind: 'rendered', id, rendered: await render(task.plan, task.outDir), usage: usage() };
  } catch (error) {
    return { kind: 'failed', id, failure: tellFailure(error), usage: usage() };
  }
}

function usage(): { rss: number; cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { rss: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 };
}

function send(answer: Answer): void {
  process.send?.(answer);
}

/** By a signal, at once: an exit would wait for libvips. */
function die(error: unknown): void {
  writeSync(2, `${error instanceof Error ? error.stack : String(error)}\n`);
  process.abort();
}
