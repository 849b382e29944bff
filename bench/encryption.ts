import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { contenders, type Round } from './contenders.ts';
import { cpuSeconds } from './delivery/processes.ts';
import { childrenOf } from './memory.ts';
import { Server } from './server.ts';
import { median } from './statistics.ts';

export interface EncryptionReport {
  readonly node: string;
  readonly imagesPerRound: number;
  /** images per second through the API, a round each */
  readonly plain: readonly number[];
  readonly encrypted: readonly number[];
  /** median over the rounds: 0.95 is a cost of 5 % */
  readonly encryptedToPlain: number;
  /** processor time per image of the service and its renderers, milliseconds: steadier on a busy machine */
  readonly cpuMs: { readonly plain: number; readonly encrypted: number };
  /** as throughput would be where the processor is the limit */
  readonly encryptedToPlainByCpu: number;
}

/** The same uploads to two servers in turns, of which one encrypts; who goes first changes with every round. */
export async function measureEncryption(
  round: Omit<Round, 'server'> & { rounds: number },
): Promise<EncryptionReport> {
  const renderers = { DARKROOM_RENDERERS: String(round.processes) };
  const key = randomBytes(32).toString('base64');
  const plainServer = await Server.start(join(round.folder, 'plain'), renderers);
  const encryptedServer = await Server.start(join(round.folder, 'encrypted'), {
    ...renderers,
    DARKROOM_MASTER_KEY: key,
  });
  const run = (server: Server) => contenders['through the API']?.({ ...round, server }) ?? Promise.resolve(0);
  const plain: number[] = [];
  const encrypted: number[] = [];
  const cpuMs = { plain: 0, encrypted: 0 };
  try {
    // Warm: renderers, connections, compiled code.
    for (const server of [plainServer, encryptedServer]) await run(server);
    const before = [cpuOf(plainServer), cpuOf(encryptedServer)];
    for (let number = 0; number < round.rounds; number += 1) {
      if (number % 2 === 1) encrypted.push(await run(encryptedServer));
      plain.push(await run(plainServer));
      if (number % 2 === 0) encrypted.push(await run(encryptedServer));
    }
    const images = round.rounds * round.photos.length;
    const [ofPlain, ofEncrypted] = [cpuOf(plainServer), cpuOf(encryptedServer)];
    cpuMs.plain = (ofPlain - (before[0] ?? 0)) / images;
    cpuMs.encrypted = (ofEncrypted - (before[1] ?? 0)) / images;
  } finally {
    await Promise.all([plainServer.stop(), encryptedServer.stop()]);
  }
  const ratios = encrypted.map((rate, number) => rate / (plain[number] ?? Number.NaN));
  const { length: imagesPerRound } = round.photos;
  return {
    node: process.version,
    imagesPerRound,
    plain,
    encrypted,
    encryptedToPlain: median(ratios),
    cpuMs,
    encryptedToPlainByCpu: cpuMs.plain / cpuMs.encrypted,
  };
}

/** Milliseconds of processor time so far, of the service and its renderers. */
function cpuOf({ pid }: Server): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + 1_000 * cpuSeconds(each), 0);
}
