import { z } from 'zod';
import { UsageError } from '../command.ts';

export const TENANT_PATH = '/v1/tenant';
export const KEYS_PATH = `${TENANT_PATH}/signing-keys`;

export const SigningKey = z.looseObject({
  id: z.string(),
  created_at: z.string(),
  active: z.boolean(),
  ends_at: z.string().nullable(),
});
export type SigningKey = z.infer<typeof SigningKey>;

export const MadeKey = SigningKey.extend({ secret: z.string() });

export const Tenant = z.looseObject({
  tenant_id: z.string(),
  delivery: z.string(),
  signing_keys: z.array(SigningKey),
  imgix_token: z.string().nullable(),
  cors_origins: z.array(z.string()),
  quotas: z.record(z.string(), z.number().nullable()),
  retention: z.string().nullable(),
});
export type Tenant = z.infer<typeof Tenant>;

/**
 * `name=value` as a merge patch: `none` is null, origins are a list by comma, quotas go by `quotas.name`. What the
 * values may be is the server's to judge.
 *
 * @throws UsageError
 */
export function patchOf(assignments: readonly string[]): Record<string, unknown> {
  if (assignments.length === 0)
    throw new UsageError('Something is missing: what to set, such as delivery=signed.');
  const patch: Record<string, unknown> = {};
  const quotas: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name, value] = /^([a-z_.]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`${JSON.stringify(assignment)} is not name=value, such as delivery=signed.`);
    }
    if (name.startsWith(QUOTA)) quotas[name.slice(QUOTA.length)] = value === NONE ? null : numberIn(value);
    else patch[name] = value === NONE ? null : LISTS.has(name) ? value.split(',') : value;
  }
  return { ...patch, ...(Object.keys(quotas).length > 0 && { quotas }) };
}

const QUOTA = 'quotas.';
const NONE = 'none';
const LISTS = new Set(['cors_origins']);

function numberIn(value: string): number | string {
  return /^\d{1,15}$/.test(value) ? Number(value) : value;
}
