import { createHash } from 'node:crypto';
import { isFailure } from '../failures.ts';
import type { StoredImage } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import { isGone } from '../images/states.ts';
import { findOrphans, type Orphan } from './orphans.ts';
import type { RetentionPorts } from './ports.ts';
import { DEFAULT_GRACE_MS } from './reconcile.ts';

export interface VerifyOptions {
  /** sentences about what is wrong inside the database; `[]` is sound */
  readonly checkDatabase?: () => Promise<readonly string[]>;
  /** milliseconds; younger objects without a record may be work under way. 10 minutes by default */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
  /** called after each image */
  readonly onProgress?: (done: { images: number; objects: number; bytes: number }) => void;
}

export interface VerifyReport {
  /** false where `problems` or `database` name something. Orphans cost space, not data. */
  readonly sound: boolean;
  readonly images: number;
  readonly objects: number;
  /** bytes read */
  readonly bytes: number;
  readonly problems: ObjectProblem[];
  readonly database: readonly string[];
  readonly orphans: Orphan[];
}

export interface ObjectProblem {
  readonly kind: 'missing' | 'damaged' | 'unreadable';
  readonly tenantId: string;
  readonly imageId: string;
  readonly key: string;
  /** a sentence for people */
  readonly detail: string;
}

/** Reads every object that a record names and compares it with its recorded size and SHA-256. Changes nothing. */
export async function verify(ports: RetentionPorts, options: VerifyOptions = {}): Promise<VerifyReport> {
  const checked = { images: 0, objects: 0, bytes: 0 };
  const problems: ObjectProblem[] = [];
  for await (const image of ports.upkeep.all()) {
    if (isGone(image.record.status)) continue;
    options.signal?.throwIfAborted();
    const found = await checkImage(ports.objects, image, options.signal);
    checked.images += 1;
    checked.objects += found.objects;
    checked.bytes += found.bytes;
    if (found.problems.length > 0 && (await isStill(ports, image))) problems.push(...found.problems);
    options.onProgress?.({ ...checked });
  }
  const database = (await options.checkDatabase?.()) ?? [];
  const orphans = await orphansOf(ports, options);
  return { sound: problems.length + database.length === 0, ...checked, problems, database, orphans };
}

async function orphansOf(ports: RetentionPorts, { graceMs, signal }: VerifyOptions): Promise<Orphan[]> {
  const settledBefore = ports.clock.now() - (graceMs ?? DEFAULT_GRACE_MS);
  const orphans: Orphan[] = [];
  for await (const orphan of findOrphans(ports, { settledBefore, ...(signal ? { signal } : {}) })) {
    orphans.push(orphan);
  }
  return orphans;
}

/** What was deleted while it was read, with its image, is no damage. */
async function isStill({ upkeep }: RetentionPorts, { record, version }: StoredImage): Promise<boolean> {
  return (await upkeep.readAny(record.tenant_id, record.image_id))?.version === version;
}

interface Expected {
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
}

async function checkImage(
  objects: ObjectStore,
  { record }: StoredImage,
  signal: AbortSignal | undefined,
): Promise<{ objects: number; bytes: number; problems: ObjectProblem[] }> {
  const expected: Expected[] = [...(record.original ? [record.original] : []), ...record.variants];
  const problems: ObjectProblem[] = [];
  let bytes = 0;
  for (const object of expected) {
    const found = await fingerprint(objects, object.key, signal);
    bytes += found.size;
    const problem = problemWith(object, found);
    if (problem) {
      problems.push({ ...problem, tenantId: record.tenant_id, imageId: record.image_id, key: object.key });
    }
  }
  return { objects: expected.length, bytes, problems };
}

interface Fingerprint {
  readonly size: number;
  readonly sha256?: string;
  readonly fault?: { readonly kind: ObjectProblem['kind']; readonly detail: string };
}

async function fingerprint(
  objects: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Fingerprint> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    const { stream } = await objects.read(key, signal ? { signal } : {});
    for await (const chunk of stream) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    signal?.throwIfAborted();
    const kind = isFailure(error, 'object_not_found') ? 'missing' : 'unreadable';
    return { size, fault: { kind, detail: error instanceof Error ? error.message : String(error) } };
  }
  return { size, sha256: hash.digest('hex') };
}

function problemWith(
  expected: Expected,
  found: Fingerprint,
): Pick<ObjectProblem, 'kind' | 'detail'> | undefined {
  if (found.fault) return found.fault;
  if (found.size !== expected.size) {
    return { kind: 'damaged', detail: `has ${found.size} bytes, recorded were ${expected.size}` };
  }
  if (found.sha256 !== expected.sha256) {
    return { kind: 'damaged', detail: `has SHA-256 ${found.sha256}, recorded was ${expected.sha256}` };
  }
  return undefined;
}
