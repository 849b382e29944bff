import { beforeAll, describe, expect, it } from 'vitest';
import { createAttestor, newAttestationKey } from './attestation.ts';
import { canonicalJson } from './canonical-json.ts';
import { genesis, hashOf, seal } from './chain.ts';
import { type Checkpoint, signCheckpoint } from './checkpoint.ts';
import type { AuditEntry } from './entry.ts';
import { anAct, from } from './testing/acts.ts';
import { type Anchors, verifyTrail } from './verify-trail.ts';

/** A sound trail of ten entries, by the hand of an honest service. */
function trail(tenantId = 'ours', length = 10): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let number = 0; number < length; number += 1) {
    const act = anAct({ tenant_id: tenantId, image_id: `image-${number}` });
    entries.push(seal(act, entries.at(-1) ?? genesis(tenantId), 1_700_000_000_000 + number));
  }
  return entries;
}

const linesOf = (entries: readonly object[]) => entries.map(canonicalJson);
const verdictOf = (lines: readonly string[], anchors: Anchors = {}) =>
  verifyTrail('ours', from(lines), anchors);

/** A forger who makes every hash anew from an entry on. */
function rechained(entries: readonly AuditEntry[]): AuditEntry[] {
  const made: AuditEntry[] = [];
  for (const { v: _v, seq: _s, at, previous: _p, hash: _h, ...act } of entries) {
    made.push(seal(act, made.at(-1) ?? genesis('ours'), Date.parse(at)));
  }
  return made;
}

const swapped = (entries: AuditEntry[], one: number, other: number) =>
  entries.map((entry, index) =>
    index === one ? entries[other] : index === other ? entries[one] : entry,
  ) as AuditEntry[];

describe('a trail', () => {
  it('that nobody touched is sound', async () => {
    const entries = trail();
    const head = entries.at(-1) as AuditEntry;
    expect(await verdictOf(linesOf(entries), { head })).toEqual({
      tenantId: 'ours',
      sound: true,
      entries: 10,
      head: { seq: 10, hash: head.hash },
    });
  });

  it('that is empty is sound', async () => {
    expect(await verdictOf([], { head: genesis('ours') })).toMatchObject({ sound: true, entries: 0 });
  });

  const evil = { actor: { id: 'eve', credential: 'key' as const } };
  const forged = (entry: AuditEntry) => {
    const { hash: _, ...rest } = { ...entry, ...evil };
    return { ...rest, hash: hashOf(rest) };
  };
  type Tampering = [what: string, tamper: (entries: AuditEntry[]) => string[], seq: number, flaw: string];
  const cases: Tampering[] = [
    ['an altered entry', (all) => linesOf(all.with(4, { ...(all[4] as AuditEntry), ...evil })), 5, 'altered'],
    [
      'an altered time',
      (all) => linesOf(all.with(0, { ...(all[0] as AuditEntry), at: '2020-01-01T00:00:00.000Z' })),
      1,
      'altered',
    ],
    [
      'an added member',
      (all) => linesOf(all.with(4, { ...(all[4] as AuditEntry), code: 'x' })),
      5,
      'altered',
    ],
    [
      'an altered entry with a new hash',
      (all) => linesOf(all.with(4, forged(all[4] as AuditEntry))),
      5,
      'altered',
    ],
    [
      'an altered last entry with a new hash',
      (all) => linesOf(all.with(9, forged(all[9] as AuditEntry))),
      10,
      'altered',
    ],
    ['a line that is no JSON', (all) => linesOf(all).with(3, 'nonsense'), 4, 'altered'],
    [
      'a line that says something twice',
      (all) => linesOf(all).with(3, linesOf(all)[3]?.replace('{', '{"action":"image.read",') ?? ''),
      4,
      'altered',
    ],
    [
      'a number that JSON cannot keep',
      (all) => linesOf(all).with(3, linesOf(all)[3]?.replace('"seq":4', '"seq":1e999') ?? ''),
      4,
      'altered',
    ],
    ['a removed entry', (all) => linesOf(all.toSpliced(4, 1)), 5, 'removed'],
    ['a removed first entry', (all) => linesOf(all.slice(1)), 1, 'removed'],
    ['several removed entries', (all) => linesOf(all.toSpliced(2, 3)), 3, 'removed'],
    ['two entries that changed places', (all) => linesOf(swapped(all, 3, 7)), 4, 'reordered'],
    ['two neighbours that changed places', (all) => linesOf(swapped(all, 8, 9)), 9, 'reordered'],
    [
      'an entry that comes twice',
      (all) => linesOf(all.toSpliced(5, 0, all[2] as AuditEntry)),
      3,
      'reordered',
    ],
    ['removed last entries', (all) => linesOf(all.slice(0, 7)), 8, 'truncated'],
    ['nothing left', () => [], 1, 'truncated'],
    ['entries of another tenant', () => linesOf(trail('theirs')), 1, 'altered'],
    [
      'all of it made anew',
      (all) => linesOf(rechained(all.with(2, { ...(all[2] as AuditEntry), ...evil }))),
      10,
      'altered',
    ],
  ];
  it.each(cases)('with %s is found out', async (_what, tamper, seq, flaw) => {
    const entries = trail();
    const head = entries.at(-1) as AuditEntry;
    const { sound, finding } = await verdictOf(tamper(entries), { head });
    expect({ sound, seq: finding?.seq, flaw: finding?.flaw }).toEqual({ sound: false, seq, flaw });
  });
});

describe('checkpoints', () => {
  let keys: Anchors['keys'];
  let at5: Checkpoint;
  let at8: Checkpoint;

  beforeAll(async () => {
    const attestor = await createAttestor(await newAttestationKey());
    keys = attestor.publicKeys;
    const sign = (seq: number) =>
      signCheckpoint(attestor, {
        tenantId: 'ours',
        head: trail()[seq - 1] as AuditEntry,
        at: 1_700_000_000_000,
      });
    [at5, at8] = [await sign(5), await sign(8)];
  });
  const withAll = () => ({ keys: keys ?? { keys: [] }, checkpoints: [at8, at5] });

  it('that a trail agrees with are named', async () => {
    expect(await verdictOf(linesOf(trail()), withAll())).toMatchObject({ sound: true, checkpoint: at8 });
  });

  it('show that entries were cut off, also where the trail says nothing of it', async () => {
    const { finding } = await verdictOf(linesOf(trail().slice(0, 6)), withAll());
    expect(finding).toMatchObject({ seq: 7, flaw: 'truncated' });
  });

  it('show that all was written anew, and since when', async () => {
    const entries = trail();
    const changed = entries.with(6, { ...(entries[6] as AuditEntry), action: 'image.read' });
    const { finding } = await verdictOf(linesOf(rechained(changed)), withAll());
    expect(finding).toMatchObject({ seq: 6, flaw: 'rewritten' });
  });

  it('of another tenant say nothing', async () => {
    const theirs = trail('theirs', 3);
    expect(await verifyTrail('theirs', from(linesOf(theirs)), withAll())).toMatchObject({ sound: true });
  });

  it.each<[string, () => Promise<Checkpoint>]>([
    ['altered', async () => ({ ...at5, seq: 4 })],
    ['with another signature', async () => ({ ...at5, signature: at8.signature })],
    ['with none', async () => ({ ...at5, signature: '' })],
    [
      'signed by somebody else',
      async () => {
        const attestor = await createAttestor(await newAttestationKey());
        return signCheckpoint(attestor, { tenantId: 'ours', head: at5, at: Date.parse(at5.at) });
      },
    ],
    [
      'signed for another purpose',
      async () => {
        const attestor = await createAttestor(await newAttestationKey());
        keys = attestor.publicKeys;
        const { signature: _, ...document } = at5;
        return { ...document, signature: await attestor.sign(document, 'darkroom-erasure-receipt') };
      },
    ],
  ])('that are %s are refused', async (_how, forge) => {
    const checkpoint = await forge();
    const anchors = { keys: keys ?? { keys: [] }, checkpoints: [checkpoint] };
    const { finding } = await verdictOf(linesOf(trail()), anchors);
    expect(finding).toMatchObject({ seq: checkpoint.seq, flaw: 'forged_checkpoint' });
  });
});

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: { d: [3, { f: 1, e: 2 }], c: null } }, '{"a":{"c":null,"d":[3,{"e":2,"f":1}]},"b":1}'],
    [{ '\u20ac': 1, '\r': 2, '1': 3 }, '{"\\r":2,"1":3,"\u20ac":1}'],
    [[1e21, 1e-7, -0, 0.1, true], '[1e+21,1e-7,0,0.1,true]'],
    ['\u0007"\\/é', '"\\u0007\\"\\\\/é"'],
  ])('of %o', (value, text) => expect(canonicalJson(value)).toBe(text));

  it.each([
    [undefined],
    [{ a: undefined }],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['\ud800'],
    [() => 1],
    [1n],
  ])('there is none of %o', (value) => expect(() => canonicalJson(value)).toThrow(TypeError));
});
