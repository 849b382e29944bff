import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../harness/random.ts';
import type { TestServer } from '../harness/server.ts';

export interface KillPlan {
  readonly kills: number;
  readonly random: () => number;
  readonly onKill?: (done: number, what: Victim) => void;
}

export type Victim = 'server' | 'renderer';

export interface KillsDone {
  readonly server: number;
  readonly renderer: number;
  /** milliseconds from the start of the process until it listens, of each restart */
  readonly restartMs: number[];
}

/** Longest time between two kills, milliseconds; the moments are spread evenly. */
const LONGEST_LIFE = 2_000;
const RENDERER_SHARE = 0.25;

/** SIGKILL at random moments: of the whole process group, which is then started again, or of one renderer. */
export async function killAgainAndAgain(server: TestServer, plan: KillPlan): Promise<KillsDone> {
  const done = { server: 0, renderer: 0, restartMs: [] as number[] };
  for (let count = 1; count <= plan.kills; count += 1) {
    await sleep(plan.random() * LONGEST_LIFE);
    const victim =
      plan.random() < RENDERER_SHARE && killRenderer(server, plan.random) ? 'renderer' : 'server';
    if (victim === 'server') {
      await server.kill9();
      const started = performance.now();
      await server.restart();
      done.restartMs.push(performance.now() - started);
    }
    done[victim] += 1;
    plan.onKill?.(count, victim);
  }
  return done;
}

/** False where there is none at the moment. */
function killRenderer(server: TestServer, random: () => number): boolean {
  const renderers = server.renderers();
  if (renderers.length === 0) return false;
  try {
    process.kill(pick(renderers, random), 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
