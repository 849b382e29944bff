import { z } from 'zod';
import type { PublicKeys } from './attestation.ts';
import { canonicalJson } from './canonical-json.ts';
import { genesis, type Head, hashOf } from './chain.ts';
import { type Checkpoint, isGenuine } from './checkpoint.ts';

export type Flaw = 'altered' | 'removed' | 'reordered' | 'truncated' | 'rewritten' | 'forged_checkpoint';

/** The first entry that is not as it was written, and why. */
export interface Finding {
  /** of the entry that is bad or gone; for `rewritten` the first that may be */
  readonly seq: number;
  readonly flaw: Flaw;
  readonly detail: string;
}

export interface TrailVerdict {
  readonly tenantId: string;
  readonly sound: boolean;
  /** entries that were read before the first bad one, or all */
  readonly entries: number;
  /** the last sound entry */
  readonly head: Head;
  /** the newest checkpoint that the trail agrees with */
  readonly checkpoint?: Checkpoint;
  readonly finding?: Finding;
}

export interface Anchors {
  /** where the trail said that it ended, before its lines were read; by a note that is kept beside it */
  readonly head?: Head;
  /** signed heads, in any order; from the database, from the file beside it, from wherever somebody kept one */
  readonly checkpoints?: readonly Checkpoint[];
  /** to check the signatures with; without any, checkpoints are taken as they are */
  readonly keys?: PublicKeys;
}

/** The least that must be there to place an entry in its chain; all the rest is covered by its hash. */
const Link = z.looseObject({
  tenant_id: z.string(),
  seq: z.number(),
  previous: z.string(),
  hash: z.string(),
});
type Link = z.infer<typeof Link>;

/**
 * Reads a trail from its first entry to its last and names the first that was altered, removed or moved. It needs
 * nothing but the lines: an exported file proves itself. That nothing is missing at the end, and that not all of it was
 * written anew, only an anchor can show: a head that was noted elsewhere.
 */
export async function verifyTrail(
  tenantId: string,
  lines: AsyncIterable<string>,
  anchors: Anchors = {},
): Promise<TrailVerdict> {
  const { checkpoints = [], keys } = anchors;
  const start = genesis(tenantId);
  const forged = keys && (await firstForged(checkpoints, keys));
  if (forged) return verdict(tenantId, start, [], forgery(forged));
  const walk = new Walk(tenantId, anchors);
  const reading = lines[Symbol.asyncIterator]();
  for (let next = await reading.next(); !next.done; next = await reading.next()) {
    const finding = await walk.take(next.value, () => restOf(reading));
    if (finding) {
      await reading.return?.();
      return verdict(tenantId, walk.head, walk.agreed, finding);
    }
  }
  return verdict(tenantId, walk.head, walk.agreed, walk.end());
}

class Walk {
  readonly #tenantId: string;
  readonly #bySeq: ReadonlyMap<number, readonly Checkpoint[]>;
  readonly #last: Checkpoint | undefined;
  readonly #noted: Head | undefined;
  readonly agreed: Checkpoint[] = [];
  head: Head;

  constructor(tenantId: string, { checkpoints = [], head }: Anchors) {
    const ours = checkpoints.filter(({ tenant_id }) => tenant_id === tenantId);
    this.#tenantId = tenantId;
    this.#noted = head;
    this.#bySeq = Map.groupBy(ours, ({ seq }) => seq);
    this.#last = ours.toSorted((one, other) => one.seq - other.seq).at(-1);
    this.head = genesis(tenantId);
  }

  /** The next line; `rest` is what comes after it, to tell what was moved from what is gone. */
  async take(line: string, rest: () => AsyncIterable<string>): Promise<Finding | undefined> {
    const expected = this.head.seq + 1;
    const link = linkOf(line);
    if (!link) return { seq: expected, flaw: 'altered', detail: 'This line is no entry of a trail.' };
    if (link.seq !== expected) return misplaced(expected, link.seq, rest());
    const finding = this.#fault(link, expected);
    if (finding) return finding;
    this.head = { seq: expected, hash: link.hash };
    return this.#against(this.#bySeq.get(expected) ?? []) ?? this.#againstNote();
  }

  #fault(link: Link, seq: number): Finding | undefined {
    if (hashOf(link) !== link.hash) {
      return {
        seq,
        flaw: 'altered',
        detail: 'It does not have the hash that was made of it when it was written.',
      };
    }
    if (link.tenant_id !== this.#tenantId) {
      return { seq, flaw: 'altered', detail: 'It belongs to the trail of another tenant.' };
    }
    if (link.previous === this.head.hash) return undefined;
    if (seq === 1)
      return { seq, flaw: 'altered', detail: 'It is not chained to the beginning of this trail.' };
    return {
      seq: seq - 1,
      flaw: 'altered',
      detail: `It was altered and given a new hash: entry ${seq} was chained to another one.`,
    };
  }

  #against(checkpoints: readonly Checkpoint[]): Finding | undefined {
    const { seq, hash } = this.head;
    const contradicted = checkpoints.find((checkpoint) => checkpoint.hash !== hash);
    if (!contradicted) {
      this.agreed.push(...checkpoints);
      return undefined;
    }
    const from = (this.agreed.at(-1)?.seq ?? 0) + 1;
    return {
      seq: from,
      flaw: 'rewritten',
      detail: `Entries ${from} to ${seq} are not those of the checkpoint of ${contradicted.at}: they were written anew.`,
    };
  }

  #againstNote(): Finding | undefined {
    const { seq, hash } = this.head;
    if (this.#noted?.seq !== seq || this.#noted.hash === hash) return undefined;
    const detail = 'It is not the entry with which the trail ended by its own note.';
    return { seq, flaw: 'altered', detail };
  }

  /** After the last line: whether something is missing there. More than was noted has been added meanwhile. */
  end(): Finding | undefined {
    const { seq } = this.head;
    const missing = { seq: seq + 1, flaw: 'truncated' as const };
    if (this.#last && this.#last.seq > seq) {
      const { at, seq: had } = this.#last;
      return {
        ...missing,
        detail: `The checkpoint of ${at} has ${had} entries, here are ${seq}: the last ones were cut off.`,
      };
    }
    if (!this.#noted || this.#noted.seq <= seq) return undefined;
    return {
      ...missing,
      detail: `The trail had ${this.#noted.seq} entries, here are ${seq}: the last ones were cut off.`,
    };
  }
}

async function misplaced(expected: number, found: number, rest: AsyncIterable<string>): Promise<Finding> {
  if (found < expected) {
    const detail = `Entry ${found} comes again after entry ${expected - 1}.`;
    return { seq: found, flaw: 'reordered', detail };
  }
  for await (const line of rest) {
    if (linkOf(line)?.seq !== expected) continue;
    return { seq: expected, flaw: 'reordered', detail: `It comes after entry ${found}.` };
  }
  return { seq: expected, flaw: 'removed', detail: `Entry ${found} follows on entry ${expected - 1}.` };
}

/** Nothing for what is not in canonical form either: a member that is there twice would say two things. */
function linkOf(line: string): Link | undefined {
  try {
    const link = Link.parse(JSON.parse(line));
    return canonicalJson(link) === line ? link : undefined;
  } catch {
    return undefined;
  }
}

async function* restOf(reading: AsyncIterator<string>): AsyncIterable<string> {
  for (let next = await reading.next(); !next.done; next = await reading.next()) yield next.value;
}

async function firstForged(
  checkpoints: readonly Checkpoint[],
  keys: PublicKeys,
): Promise<Checkpoint | undefined> {
  for (const checkpoint of checkpoints) if (!(await isGenuine(checkpoint, keys))) return checkpoint;
  return undefined;
}

function forgery({ seq, at }: Checkpoint): Finding {
  const detail = `The checkpoint of ${at} was not signed by this service, or altered since.`;
  return { seq, flaw: 'forged_checkpoint', detail };
}

function verdict(
  tenantId: string,
  head: Head,
  agreed: readonly Checkpoint[],
  finding: Finding | undefined,
): TrailVerdict {
  const checkpoint = agreed.at(-1);
  return {
    tenantId,
    sound: finding === undefined,
    entries: head.seq,
    head,
    ...(checkpoint && { checkpoint }),
    ...(finding && { finding }),
  };
}
