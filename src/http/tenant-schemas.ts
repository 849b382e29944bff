import { z } from '@hono/zod-openapi';
import { TenantPatch } from '../tenants/patch.ts';
import { CorsOrigins, Delivery, Quotas, TenantSettings } from '../tenants/settings.ts';

/** The schemas of tenants and their keys, with the names that they have in the OpenAPI document. */

export const SigningKeyView = z
  .object({
    id: z.string().describe('public: part of the URLs that it has signed'),
    created_at: z.iso.datetime(),
    active: z.boolean().describe('signs new links; the others verify those that there are'),
    ends_at: z.iso.datetime().nullable().describe('stops to verify then; null is never'),
  })
  .openapi('SigningKey');

export const MadeSigningKey = SigningKeyView.extend({
  secret: z.string().describe('never shown again'),
}).openapi('MadeSigningKey');

export const SigningKeyRotation = z
  .strictObject({
    previous_ends_in: z
      .number()
      .int()
      .min(0)
      .max(315_360_000)
      .optional()
      .describe(
        'seconds that the key which signed so far goes on to verify; until it is removed where absent',
      ),
  })
  .openapi('SigningKeyRotation');

export const SigningKeyOrder = SigningKeyRotation.extend({
  make_active: z.boolean().optional().describe('signs new links from now on; true where absent'),
}).openapi('SigningKeyOrder');

export const TenantView = z
  .object({
    tenant_id: z.string(),
    delivery: Delivery.describe('public: everybody who has the URL; signed: only who has a signed one'),
    signing_keys: z.array(SigningKeyView),
    imgix_token: z.literal('set').nullable().describe('whether URLs may be signed as clients of imgix do'),
    cors_origins: CorsOrigins,
    quotas: Quotas,
    retention: TenantSettings.shape.retention
      .unwrap()
      .describe('life of images whose pipeline names none, such as 30d; null leaves it to the service'),
    updated_at: z.iso.datetime().nullable().describe('null where nothing was ever changed'),
  })
  .openapi('Tenant');

export const TenantChange = TenantPatch.clone().openapi('TenantChange') as typeof TenantPatch;
