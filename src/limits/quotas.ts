import { Failure } from '../failures.ts';
import { isoTime } from '../images/clock.ts';
import type { Quotas } from '../tenants/settings.ts';
import type { TenantUsage } from './usage.ts';

export type QuotaName = keyof Quotas;
export type IntakeQuotas = Pick<Quotas, 'bytes_stored' | 'images_per_day'>;

export interface Exceeded {
  readonly quota: QuotaName;
  /** what is allowed */
  readonly limit: number;
  /** what would be used with what was asked for */
  readonly needed: number;
  /** milliseconds by the wall clock; undefined where only erasing images makes room */
  readonly resetsAt?: number;
}

const DAY = 24 * 3_600_000;

const words: Readonly<Record<QuotaName, string>> = {
  bytes_stored: 'bytes stored',
  images_per_day: 'images a day',
  renders_per_minute: 'pictures made on request a minute',
};

/** @param usage what would be used with what is asked for. @throws Failure `quota_exceeded` */
export function assertWithin(quotas: IntakeQuotas, usage: TenantUsage, now: number): void {
  const { bytes_stored: bytes, images_per_day: images } = quotas;
  if (images !== null && usage.imagesToday > images) {
    const resetsAt = (Math.floor(now / DAY) + 1) * DAY;
    throw quotaExceeded({ quota: 'images_per_day', limit: images, needed: usage.imagesToday, resetsAt }, now);
  }
  if (bytes !== null && usage.bytesStored > bytes)
    throw quotaExceeded({ quota: 'bytes_stored', limit: bytes, needed: usage.bytesStored }, now);
}

export function quotaExceeded({ quota, limit, needed, resetsAt }: Exceeded, now: number): Failure {
  const reset = resetsAt === undefined ? undefined : isoTime(resetsAt);
  const seconds = resetsAt === undefined ? undefined : Math.max(1, Math.ceil((resetsAt - now) / 1000));
  const wayOut =
    reset === undefined ? 'Erase images, or raise the quota' : `Wait until ${reset}, or raise the quota`;
  return new Failure(
    'quota_exceeded',
    `This tenant may have ${limit} ${words[quota]}, and this would make ${needed}. ${wayOut}.`,
    {
      extra: {
        quota,
        limit,
        needed,
        resets_at: reset ?? null,
        ...(seconds !== undefined && { retryAfterSeconds: seconds }),
      },
    },
  );
}
