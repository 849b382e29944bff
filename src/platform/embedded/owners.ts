import { Failure } from '../../failures.ts';
import type { Database } from './database.ts';

const OWNERS = "SELECT 1 FROM members m WHERE m.tenant_id = ? AND m.role = 'owner' AND m.status = 'active'";
const STAYS = `NOT EXISTS (
  SELECT 1 FROM erasures e WHERE e.tenant_id = m.tenant_id AND e.user_id = m.user_id AND e.finished_at IS NULL)`;

/**
 * Inside the transaction by which somebody stops being an owner, or is going to.
 *
 * @throws Failure `last_owner` where this is an owner, and no other is left who is neither suspended nor being erased
 */
export function assertOwnerStays(database: Database, tenantId: string, userId: string): void {
  if (database.get(`${OWNERS} AND m.user_id = ?`, tenantId, userId) === undefined) return;
  const other = database.get(`${OWNERS} AND m.user_id <> ? AND ${STAYS} LIMIT 1`, tenantId, userId);
  if (other !== undefined) return;
  throw new Failure('last_owner', 'This is the only owner. Make somebody else an owner first.');
}
