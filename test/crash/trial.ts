import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { darkroom } from '../harness/cli.ts';
import { startLoad } from '../harness/load.ts';
import { smallJpeg } from '../harness/photos.ts';
import { seededRandom } from '../harness/random.ts';
import { ENCRYPTED, TestServer } from '../harness/server.ts';
import { type KillsDone, killAgainAndAgain, type Victim } from './kills.ts';
import { brokenPromises, drain } from './oracle.ts';

export interface CrashTrial {
  readonly kills: number;
  readonly seed: number;
  /** uploads at a time */
  readonly workers: number;
  /** milliseconds, for what is left to do after the last kill */
  readonly patienceMs: number;
  /** with a master key */
  readonly encrypted?: boolean;
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
  const server = await TestServer.start({ dataDir, env: settings(inbox, trial) });
  try {
    const load = startLoad(server, {
      jpeg: await smallJpeg(96),
      inbox,
      workers: trial.workers,
      restMs: 200,
      random,
    });
    const kills = await killAgainAndAgain(server, { ...trial, random });
    await load.stop({ finish: true });
    const { history } = load;
    const sent = history.acknowledged.length + history.dropped.length;
    const { tookMs: drainMs, stuck } = await drain(server, sent, trial.patienceMs);
    const broken = [...stuck, ...(await brokenPromises(server, history))];
    const exit = await server.stop();
    if (exit !== 0) broken.push(`the server ended with ${exit}`);
    broken.push(...(await wrongOnDisk({ DARKROOM_DATA: dataDir, ...(trial.encrypted ? ENCRYPTED : {}) })));
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
function settings(inbox: string, { encrypted = false }: CrashTrial): Record<string, string> {
  return {
    ...(encrypted ? ENCRYPTED : {}),
    DARKROOM_INBOX: inbox,
    DARKROOM_INBOX_SETTLE: '100ms',
    DARKROOM_LEASE: '2s',
    DARKROOM_RENDERERS: '2',
    DARKROOM_SWEEP_INTERVAL: '1h',
  };
}

/** The start after the last crash has reconciled what it found; nothing may be left, however young. */
async function wrongOnDisk(env: Readonly<Record<string, string>>): Promise<string[]> {
  const wrong: string[] = [];
  const look = await darkroom(['reconcile', '--dry-run', '--grace', '0s', '--json'], env);
  const { findings } = JSON.parse(look.stdout) as { findings: Finding[] };
  wrong.push(...findings.map(({ kind, detail, keys }) => `left behind: ${kind}: ${detail} ${keys.join()}`));
  const verified = await darkroom(['verify'], env);
  if (verified.code !== 0) wrong.push(`darkroom verify ended with ${verified.code}: ${verified.stdout}`);
  return wrong;
}

interface Finding {
  readonly kind: string;
  readonly detail: string;
  readonly keys: readonly string[];
}
