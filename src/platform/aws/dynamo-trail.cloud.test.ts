import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentials, REGION } from '../../../test/cloud/servers/credentials.ts';
import { sharedServer } from '../../../test/cloud/shared-servers.ts';
import { anAct } from '../../audit/testing/acts.ts';
import { verifyTrail } from '../../audit/verify-trail.ts';
import { createFakeClock } from '../../images/clock.contract.ts';
import { anEvent, anImage, changed } from '../../images/testing/images.ts';
import { createDynamoAuditLog } from './dynamo-audit-log.ts';
import { openDynamoTable } from './dynamo-client.ts';
import { openDynamoRecords } from './dynamo-records.ts';
import { openDynamoStores } from './dynamo-stores.ts';
import { createUntoldActs } from './dynamo-untold-acts.ts';
import { openTestTable, type TestTable } from './testing/test-table.ts';

const identity = { region: REGION, credentials };
const clock = createFakeClock();
const log = { warn: () => {} };
let table: TestTable;
beforeEach(async () => {
  table = await openTestTable(await sharedServer('dynamodb-local'), identity);
});
afterEach(() => table.close());

describe('a trail that several processes write', () => {
  it('has no gap and no entry twice', async () => {
    const processes = Array.from({ length: 3 }, () => createDynamoAuditLog(table, clock));
    const told = await Promise.all(
      Array.from({ length: 150 }, (_, n) => processes[n % 3]?.append(anAct({ image_id: `i${n}` }))),
    );
    expect(new Set(told.map((entry) => entry?.seq)).size).toBe(150);
    const audit = createDynamoAuditLog(table, clock);
    const { sound, entries } = await verifyTrail('ours', audit.lines('ours'), {
      head: await audit.head('ours'),
    });
    expect({ sound, entries }).toEqual({ sound: true, entries: 150 });
  });
});

describe('an image whose time has come', () => {
  it('is in the trail once, whoever tells it', async () => {
    const [one, other] = [0, 1].map(() => createUntoldActs({ table, clock, log }));
    if (!one || !other) throw new Error('there are two');
    const records = openDynamoRecords({ table, clock, settledMs: 1, alongside: one.steps });
    const { stored } = await records.catalog.create(anImage(clock.now()));
    const expired = changed(stored, { status: 'expired', user_id: '' });
    await records.catalog.replace(stored, expired, [anEvent(expired, clock.now(), 'image.expired')]);
    await Promise.all([one.tell(), other.tell()]);
    await one.tell();
    const { entries } = await createDynamoAuditLog(table, clock).list('ours', { limit: 10 });
    expect(entries).toMatchObject([{ action: 'image.expire', image_id: stored.record.image_id }]);
    for (const each of [one, other, records]) await each.close();
  });
});

describe('a table that does not answer', () => {
  const nowhere = openDynamoTable({ table: 'none', endpoint: 'http://127.0.0.1:9' }, identity);
  const stores = openDynamoStores({ table: nowhere, clock });
  const calls: [string, () => Promise<unknown>][] = [
    ['pipelines', () => stores.pipelines.list('t')],
    ['settings', () => stores.tenants.read('t')],
    ['secrets', () => stores.secrets.getOrCreate('one', () => 'x')],
    ['API keys', () => stores.apiKeys.find('k1')],
    ['members', () => stores.members.roleOf('ada')],
    ['invitations', () => stores.invitations.read('token')],
    ['the trail', () => stores.audit.append(anAct())],
    ['keys of tokens', () => stores.tokenKeys.list()],
    ['lines', () => stores.sinkLines.waiting('a', 1)],
    ['mails', () => stores.mails.take()],
    ['webhooks', () => stores.webhookStore.due(0, 1)],
    ['subscriptions', () => stores.subscriptionStore.due(0, 1)],
  ];
  it.each(calls)('is said of %s', async (_what, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });
});
