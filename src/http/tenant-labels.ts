/** Tenants that have series of their own. */
const MOST = 100;
const OTHERS = 'other';

/**
 * The tenant as a label of figures: by name for those that came first since the start, together for all others. Whoever
 * can make tenants could otherwise make series without end; and a hash of the name would have the same number of them, and
 * tell nobody who it is.
 */
export function createTenantLabels(most = MOST): (tenantId: string) => string {
  const named = new Set<string>();
  return (tenantId) => {
    if (named.has(tenantId)) return tenantId;
    if (named.size >= most) return OTHERS;
    named.add(tenantId);
    return tenantId;
  };
}
