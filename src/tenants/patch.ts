import { z } from 'zod';
import { CorsOrigins, Delivery, defaultSettings, ImgixToken, Quotas, TenantSettings } from './settings.ts';

/** Settings from before may hold a host such as *.example.com. No browser ever sends it, so that nobody is let in by it. */
const NewOrigins = CorsOrigins.superRefine((origins, context) => {
  for (const [index, origin] of origins.entries()) {
    if (!origin.includes('*')) continue;
    context.addIssue({
      code: 'custom',
      path: [index],
      message: 'must be one origin: * stands for nothing here',
    });
  }
});

/**
 * A change of settings as a JSON merge patch (RFC 7396): what is not named stays, null takes a member away, which
 * leaves its default. Signing keys are made and removed by calls of their own.
 */
export const TenantPatch = z.strictObject({
  delivery: Delivery.nullable().optional(),
  imgix_token: ImgixToken.nullable().optional(),
  cors_origins: NewOrigins.nullable().optional(),
  quotas: z
    .strictObject({
      bytes_stored: Quotas.shape.bytes_stored.unwrap().optional(),
      images_per_day: Quotas.shape.images_per_day.unwrap().optional(),
      renders_per_minute: Quotas.shape.renders_per_minute.unwrap().optional(),
    })
    .nullable()
    .optional(),
  retention: TenantSettings.shape.retention.unwrap().optional(),
});
export type TenantPatch = z.infer<typeof TenantPatch>;

/** The settings with the change in them; the settings themselves where it changes nothing. */
export function patchedSettings(settings: TenantSettings, { quotas, ...patch }: TenantPatch): TenantSettings {
  const named = Object.entries(patch).filter(([, value]) => value !== undefined);
  const changed = named.map(([name, value]) => [name, value ?? defaultSettings[name as keyof typeof patch]]);
  const next = TenantSettings.parse({
    ...settings,
    ...Object.fromEntries(changed),
    ...(quotas !== undefined && { quotas: { ...(quotas && settings.quotas), ...quotas } }),
  });
  return JSON.stringify(next) === JSON.stringify(settings) ? settings : next;
}
