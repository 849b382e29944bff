import { type FileHandle, open } from 'node:fs/promises';
import type { DataKey } from '../../images/keyring.ts';
import { createSealer } from './seal.ts';

const PIECE = 1024 * 1024;

/** Seals a file into a new one. Nothing is synced. */
export async function sealFile(from: string, to: string, dataKey: DataKey, name: string): Promise<void> {
  const source = await open(from, 'r');
  try {
    await writeNew(to, sealed(source, dataKey, name));
  } finally {
    await source.close();
  }
}

async function* sealed(source: FileHandle, dataKey: DataKey, name: string): AsyncGenerator<Uint8Array[]> {
  const sealer = createSealer(dataKey, name);
  const { size } = await source.stat();
  const buffer = Buffer.allocUnsafeSlow(Math.min(PIECE, Math.max(1, size)));
  for (let position = 0; ; ) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield sealer.add(buffer.subarray(0, bytesRead));
  }
  yield sealer.end();
}

/** Writes pieces into a file of which nobody else on this machine can read. */
export async function writeNew(path: string, pieces: AsyncIterable<Uint8Array[]>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const some of pieces) await writeAll(file, some);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  if (pieces.length === 0) return;
  const wanted = pieces.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev([...pieces]);
  // The kernel takes less only where the disk is full, and says so when it is asked for the rest.
  if (bytesWritten < wanted) await file.appendFile(Buffer.concat(pieces, wanted).subarray(bytesWritten));
}
