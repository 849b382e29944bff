import { z } from 'zod';
import { parseDuration } from '../config-units.ts';
import { Retention } from '../pipeline/document.ts';

/** What a tenant decides for itself. Every member has a default: a tenant that has said nothing has these. */

/** A secret that signs delivery URLs, as it is kept. */
export const SigningKey = z.strictObject({
  /** public, part of the URL */
  id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  secret: z.string().min(16),
  created_at: z.iso.datetime(),
  /** signs new links; the others only verify those that there are */
  active: z.boolean(),
  /** stops to verify then; never of the active one */
  ends_at: z.iso.datetime().nullable(),
});
export type SigningKey = z.infer<typeof SigningKey>;

/** An origin as browsers send it: scheme, host, port where it is not the usual one. */
const Origin = z
  .string()
  .max(255)
  .refine((text) => isOrigin(text), {
    error: 'must be an origin such as https://www.example.com: scheme, host and port, no path',
  });

const Limit = z
  .number({ error: 'must be a whole number, or null for none' })
  .int({ error: 'must be a whole number, or null for none' })
  .min(0, { error: 'must be at least 0' })
  .nullable();

export const Quotas = z.strictObject({
  bytes_stored: Limit.default(null).describe('bytes of all originals and variants; null is no limit'),
  images_per_day: Limit.default(null).describe('images received in a day; null is no limit'),
  renders_per_minute: Limit.default(null).describe('pictures made on request in a minute; null is no limit'),
});
export type Quotas = z.infer<typeof Quotas>;

export const Delivery = z.enum(['public', 'signed'], { error: 'must be public or signed' });
export type Delivery = z.infer<typeof Delivery>;

/** Visible ASCII: it is put before a path as it is. */
export const ImgixToken = z
  .string()
  .regex(/^[!-~]{12,128}$/, { error: 'must have 12 to 128 characters, without spaces and accents' });

export const CorsOrigins = z
  .array(Origin)
  .max(100, { error: 'must be at most 100 origins' })
  .refine((origins) => new Set(origins).size === origins.length, { error: 'must name each origin once' });

export const TenantSettings = z.strictObject({
  delivery: Delivery.default('public'),
  signing_keys: z.array(SigningKey).default([]),
  imgix_token: ImgixToken.nullable().default(null),
  cors_origins: CorsOrigins.default([]),
  quotas: Quotas.default(Quotas.parse({})),
  retention: Retention.nullable().default(null),
});
export type TenantSettings = z.infer<typeof TenantSettings>;

export const defaultSettings: TenantSettings = TenantSettings.parse({});

/** How long an image of the tenant lives whose pipeline does not say it, milliseconds. */
export function tenantRetentionMs({ retention }: TenantSettings, fallbackMs: number): number {
  return (retention === null ? undefined : parseDuration(retention)) ?? fallbackMs;
}

/** The key that signs; undefined where the tenant has none yet. */
export function activeKey({ signing_keys }: TenantSettings): SigningKey | undefined {
  return signing_keys.find(({ active }) => active);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol } = new URL(text);
  return origin === text && (protocol === 'https:' || protocol === 'http:');
}
