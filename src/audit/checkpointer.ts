import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../images/clock.ts';
import type { Attestor } from './attestation.ts';
import type { AuditLog } from './audit-log.ts';
import { type Checkpoint, signCheckpoint } from './checkpoint.ts';

export interface CheckpointerDeps {
  readonly audit: AuditLog;
  readonly attestor: Attestor;
  readonly clock: Clock;
  readonly log: Logger;
  /** Keeps a checkpoint outside the database as well. */
  readonly keepElsewhere: (checkpoint: Checkpoint) => Promise<void>;
  /** milliseconds between two rounds */
  readonly intervalMs?: number;
}

/** Signs where each trail stands, wherever it has moved since; answers how many it signed. */
async function checkpointAll(deps: Omit<CheckpointerDeps, 'intervalMs'>): Promise<number> {
  const { audit, attestor, clock, log, keepElsewhere } = deps;
  let signed = 0;
  for (const tenantId of await audit.tenants()) {
    const head = await audit.head(tenantId);
    const newest = (await audit.checkpoints(tenantId)).at(-1);
    if (head.seq === 0 || newest?.seq === head.seq) continue;
    const checkpoint = await signCheckpoint(attestor, { tenantId, head, at: clock.now() });
    await keepElsewhere(checkpoint);
    await audit.keepCheckpoint(checkpoint);
    // Whoever keeps the log elsewhere keeps the head of the trail there too.
    log.info({ tenant_id: tenantId, seq: head.seq, hash: head.hash }, 'checkpoint of the trail');
    signed += 1;
  }
  return signed;
}

/** Ten minutes: what can be cut off at the end of a trail without being missed. */
const INTERVAL_MS = 10 * 60_000;

/** Signs now and then for as long as the service runs, and once more at its end. */
export function startCheckpointer(deps: CheckpointerDeps): { stop(): Promise<void> } {
  const { intervalMs = INTERVAL_MS, log } = deps;
  const stopping = new AbortController();
  const round = async () => {
    try {
      await checkpointAll(deps);
    } catch (error) {
      log.error({ err: error }, 'the trail could not be signed; it is tried again');
    }
  };
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(intervalMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      await round();
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
