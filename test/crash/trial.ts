import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { darkroom } from '../harness/cli.ts';
import { startLoad } from '../harness/load.ts';
import { smallJpeg } from '../harness/photos.ts';
import { seededRandom } from '../harness/random.ts';
import { TestServer } from '../harness/server.ts';
import { type KillsDone, killAgainAndAgain, type Victim } from './kills.ts';
import { brokenPromises, drain } from './oracle.ts';

export interface CrashTrial {
  readonly kills: number;
  readonly seed: number;
  /** uploads at a time */
  readonly workers: number;
  /** milliseconds, for what is left to do after the last kill */
  readonly patienceMs: number;
  readonly onKill?: (done: number, what: Victim) => void;
}

export interface CrashOutcome {
  readonly kills: KillsDone;
  readonly acknowledged: number;
  readonly dropped: number;
  readonly drainMs: number;
  /** what the server did that it promised not to do; empty is passed */
  readonly broken: string[];
}

/**
 * Uploads by every way in while the server and its renderers are killed, then compares the server with the clients'
 * log. The folder is kept where something was wrong.
 */
export async function crashTrial(trial: CrashTrial): Promise<CrashOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-crash-'));
  const [dataDir, inbox] = [join(folder, 'data'), join(folder, 'inbox')];
  await mkdir(inbox);
  const random = seededRandom(trial.seed);
  const server = await TestServer.start({ dataDir, env: settings(inbox) });
  try {
    const load = startLoad(server, {
      jpeg: await smallJpeg(96),
      inbox,
      workers: trial.workers,
      restMs: 400,
      random,
    });
    const kills = await killAgainAndAgain(server, { ...trial, random });
    await load.stop({ finish: true });
    const { history } = load;
    const settled = history.acknowledged.length + history.dropped.length;
    const drainMs = await drain(server, settled, trial.patienceMs);
    const broken = await brokenPromises(server, history);
    const exit = await server.stop();
    if (exit !== 0) broken.push(`the server ended with ${exit}`);
    broken.push(...(await wrongOnDisk(dataDir)));
    if (broken.length === 0) await rm(folder, { recursive: true });
    else broken.push(`the data is kept in ${folder}`);
    return {
      kills,
      acknowledged: history.acknowledged.length,
      dropped: history.dropped.length,
      drainMs,
      broken,
    };
  } finally {
    await server.stop();
  }
}

/** The lease is short, so that work of a killed server comes back soon; sweeps do not help out in between. */
function settings(inbox: string): Record<string, string> {
  return {
    DARKROOM_INBOX: inbox,
    DARKROOM_INBOX_SETTLE: '100ms',
    DARKROOM_LEASE: '2s',
    DARKROOM_RENDERERS: '2',
    DARKROOM_SWEEP_INTERVAL: '1h',
  };
}

/** One reconciliation of the stopped server's folder, then there is nothing left to find. */
async function wrongOnDisk(dataDir: string): Promise<string[]> {
  const env = { DARKROOM_DATA: dataDir };
  const wrong: string[] = [];
  for (const command of ['reconcile', 'reconcile --dry-run', 'verify']) {
    const run = await darkroom([...command.split(' '), '--json', '--grace', '0s'], env);
    if (run.code !== 0) wrong.push(`darkroom ${command} ended with ${run.code}: ${run.stdout} ${run.stderr}`);
    if (command.includes('dry-run')) {
      const { findings } = JSON.parse(run.stdout) as { findings: { kind: string; detail: string }[] };
      wrong.push(...findings.map(({ kind, detail }) => `still there after reconcile: ${kind}: ${detail}`));
    }
  }
  return wrong;
}
