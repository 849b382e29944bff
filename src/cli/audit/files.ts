import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { PublicKeys } from '../../audit/attestation.ts';
import { Checkpoint } from '../../audit/checkpoint.ts';
import { UsageError } from '../command.ts';
import { readJson } from '../read-json.ts';

/** The lines of an exported trail, read as they are needed. @throws UsageError */
export async function* linesIn(file: string): AsyncIterable<string> {
  const stream = createReadStream(file, 'utf8');
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield line;
    }
  } catch (error) {
    throw new UsageError(`Cannot read ${JSON.stringify(file)}: ${(error as Error).message}.`);
  } finally {
    stream.destroy();
  }
}

const Belonging = z.looseObject({ tenant_id: z.string() });

/** Whose trail a file says that it is, by its first line. */
export async function tenantOf(file: string): Promise<string | undefined> {
  for await (const line of linesIn(file)) {
    const parsed = Belonging.safeParse(jsonOrNothing(line));
    return parsed.success ? parsed.data.tenant_id : undefined;
  }
  return undefined;
}

/** Signed heads, one in each line. @throws UsageError: an anchor that cannot be read must not count as none */
export async function anchorsIn(file: string): Promise<Checkpoint[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`Cannot read ${JSON.stringify(file)}: ${error.message}.`);
  });
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    const parsed = Checkpoint.safeParse(jsonOrNothing(line));
    if (parsed.success) return parsed.data;
    throw new UsageError(
      `${file}: line ${index + 1} is no signed head; "darkroom audit anchor" prints them.`,
    );
  });
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** A JWK set. @throws UsageError */
export async function keysIn(file: string): Promise<PublicKeys> {
  const parsed = KeySet.safeParse(await readJson(file));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${file} is no set of public keys; /.well-known/darkroom-keys.json of the server is.`);
}

function jsonOrNothing(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
