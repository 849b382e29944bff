import { z } from 'zod';
import { roles } from '../identity/permissions.ts';

/** By what somebody proved to be who they are; `local` is the command line on the data folder itself. */
export const credentials = ['key', 'token', 'signature', 'none', 'local', 'system'] as const;

/** `refused` is by a rule (401, 403, 429), `failed` is everything else that did not happen. */
export const outcomes = ['allowed', 'refused', 'failed'] as const;
export type Outcome = (typeof outcomes)[number];

const Id = z.string().max(256);
const Digest = z.string().regex(/^[0-9a-f]{64}$/);

const Actor = z.strictObject({
  id: Id.describe('a user id; system and anonymous are nobody in particular'),
  role: z.enum(roles).exactOptional(),
  credential: z.enum(credentials),
  credential_id: Id.exactOptional().describe('which key or session'),
});

/**
 * What happened, as it is kept and exported: ids, never what they stand for. No name, no address of a letter box, no
 * file name, no picture, no secret.
 */
export const AuditEntry = z.strictObject({
  v: z.literal(1),
  tenant_id: Id,
  seq: z.int().positive().describe('1, 2, 3, … within the tenant, without gaps'),
  at: z.iso.datetime(),
  actor: Actor,
  action: z.string().regex(/^[a-z_]+(\.[a-z_]+)*$/),
  outcome: z.enum(outcomes),
  status: z.int().exactOptional().describe('of the HTTP answer'),
  code: z.string().exactOptional().describe('of the problem, where it was refused or failed'),
  image_id: Id.exactOptional(),
  target: Id.exactOptional().describe('what else it was done to: the id of a person, a key, a pipeline'),
  address: z.string().max(64).exactOptional().describe('the IP address that the request came from'),
  request_id: z.string().max(128).exactOptional(),
  details: z
    .record(z.string(), z.union([z.string(), z.int()]))
    .exactOptional()
    .describe('counts and ids'),
  previous: Digest.describe('hash of the entry before; for the first one, of the name of the tenant'),
  hash: Digest.describe('SHA-256 of the canonical JSON (RFC 8785) of all other members'),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** What is told to the trail; it adds place, time and hashes. */
export type Act = Omit<AuditEntry, 'v' | 'seq' | 'at' | 'previous' | 'hash'>;
export type Actor = Act['actor'];

/** The service itself: expiry, erasures that go on after a restart. */
export const SYSTEM: Actor = { id: 'system', credential: 'system' };
/** Whoever works on the data folder of this machine. */
export const LOCAL: Actor = { id: 'local', credential: 'local' };
/** The trail of what belongs to no tenant: refused strangers. No tenant can have this name. */
export const SERVICE_TRAIL = '_service';
