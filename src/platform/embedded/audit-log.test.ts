import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLogContract } from '../../audit/audit-log.contract.ts';
import { anAct } from '../../audit/testing/acts.ts';
import { verifyTrail } from '../../audit/verify-trail.ts';
import { createFakeClock } from '../../images/clock.contract.ts';
import { openTestPlatform, type TestPlatform } from './testing/data-folder.ts';

auditLogContract('SQLite', (clock) => openTestPlatform(clock, 'none'));

let platform: TestPlatform;
let raw: DatabaseSync;
beforeEach(async () => {
  platform = await openTestPlatform(createFakeClock(), 'none');
  for (let number = 1; number <= 10; number += 1) {
    await platform.audit.append(anAct({ image_id: `image-${number}` }));
  }
  raw = new DatabaseSync(join(platform.dataDir, 'darkroom.db'));
});
afterEach(async () => {
  raw.close();
  await platform.close();
});

describe('the table', () => {
  it.each([
    ["UPDATE audit_entries SET entry = '{}' WHERE seq = 3"],
    ['DELETE FROM audit_entries WHERE seq = 10'],
    ['DELETE FROM audit_entries'],
    ["INSERT OR REPLACE INTO audit_entries (tenant_id, seq, entry) VALUES ('ours', 3, '{}')"],
    [
      `INSERT INTO audit_entries (tenant_id, seq, entry) VALUES ('ours', 3, '{}')
         ON CONFLICT DO UPDATE SET entry = excluded.entry`,
    ],
  ])('refuses %s', async (sql) => {
    expect(() => raw.exec(sql)).toThrow(/append-only/);
    expect(await verdict()).toEqual({ sound: true });
  });
});

describe('somebody who takes the triggers away', () => {
  const entry = (seq: number) =>
    `(SELECT entry FROM audit_entries WHERE tenant_id = 'ours' AND seq = ${seq})`;

  it.each([
    ["UPDATE audit_entries SET entry = json_set(entry, '$.actor.id', 'eve') WHERE seq = 4", 4, 'altered'],
    [
      "UPDATE audit_entries SET entry = json_set(entry, '$.hash', json_extract(entry, '$.previous')) WHERE seq = 1",
      1,
      'altered',
    ],
    ["UPDATE audit_entries SET tenant_id = 'theirs' WHERE seq = 4", 4, 'removed'],
    ['DELETE FROM audit_entries WHERE seq = 4', 4, 'removed'],
    ['DELETE FROM audit_entries WHERE seq = 1', 1, 'removed'],
    ['DELETE FROM audit_entries WHERE seq > 7', 8, 'truncated'],
    ['DELETE FROM audit_entries', 1, 'truncated'],
    [
      `UPDATE audit_entries SET seq = -seq WHERE seq IN (3, 6);
       UPDATE audit_entries SET seq = 6 WHERE seq = -3; UPDATE audit_entries SET seq = 3 WHERE seq = -6`,
      3,
      'reordered',
    ],
    [`UPDATE audit_entries SET entry = ${entry(9)} WHERE seq = 5`, 5, 'removed'],
    [
      'DELETE FROM audit_entries WHERE seq = 5; UPDATE audit_entries SET seq = seq - 1 WHERE seq > 5',
      5,
      'removed',
    ],
  ])('is found out: %s', async (sql, seq, flaw) => {
    raw.exec('DROP TRIGGER audit_never_changes; DROP TRIGGER audit_never_forgets');
    raw.exec(sql);
    expect(await verdict()).toEqual({ sound: false, seq, flaw });
  });

  it('leaves a gap for good by cutting off the end: what comes after is numbered on', async () => {
    raw.exec('DROP TRIGGER audit_never_forgets; DELETE FROM audit_entries WHERE seq > 7');
    expect((await platform.audit.append(anAct())).seq).toBe(11);
    expect(await verdict()).toEqual({ sound: false, seq: 8, flaw: 'removed' });
  });
});

async function verdict() {
  const { audit } = platform;
  const { sound, finding } = await verifyTrail('ours', audit.lines('ours'), {
    head: await audit.head('ours'),
  });
  return { sound, ...(finding && { seq: finding.seq, flaw: finding.flaw }) };
}
