import { fenceLoaders } from '../../pixels/loaders.ts';
import { probe } from '../../pixels/probe.ts';
import type { Answer, Task } from '../renderer-protocol.ts';

/** A renderer that reads headers well and dies of every picture, for the tests of the worker. */

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async (task: Task) => {
  if (task.kind === 'render') process.kill(process.pid, 'SIGSEGV');
  else
    tell({
      kind: 'probed',
      id: task.id,
      probe: await probe(task.path, task.limits),
      usage: { rss: 1, cpuMs: 1 },
    });
});
fenceLoaders();
tell({ kind: 'ready' });

function tell(answer: Answer): void {
  process.send?.(answer);
}
