import type { NewImage } from '../../src/images/catalog.ts';
import { isoTime } from '../../src/images/clock.ts';
import type { ImageRecord, Status, Variant } from '../../src/images/image.ts';
import { newImageId } from '../../src/images/keys.ts';

const DAY = 86_400_000;
/** Half of all images are of the first tenant. */
const TENANTS = 10;
const USERS = 500;
const SHA = 'ab'.repeat(32);

export const BIG_TENANT = 'tenant-0';

/** Of images of the last seven days in the order of their upload, the one with this number out of `count`. */
export function pictureAt(number: number, count: number, now: number): NewImage {
  const uploaded = now - Math.floor(((count - number) / count) * 6.9 * DAY) - 1;
  const id = newImageId(uploaded);
  const tenant = number % 2 === 0 ? BIG_TENANT : `tenant-${1 + (number % (TENANTS - 1))}`;
  const status = statusAt(number);
  const record: ImageRecord = {
    image_id: id,
    tenant_id: tenant,
    user_id: userAt(number),
    status,
    source: number % 3 === 0 ? 'kafka' : 'signed_upload',
    original: {
      ...{
        key: `raw/${tenant}/${id}`,
        filename: `DSC_${number}.jpg`,
        content_type: 'image/jpeg',
        format: 'jpeg',
      },
      ...{
        size: 2_500_000 + number,
        width: 6000,
        height: 4000,
        pages: 1,
        sha256: SHA,
        url: `/v1/image/${id}/original`,
      },
    },
    variants: status === 'ready' ? variantsOf(tenant, id) : [],
    processed_url: `/i/${id}`,
    placeholder: { thumbhash: '1QcSHQRnh493V4dIh4eXh1h4kJUI', dominant_color: '#8a7f6d', aspect_ratio: 1.5 },
    metadata: {
      camera_make: 'NIKON CORPORATION',
      camera_model: 'NIKON Z 6_2',
      f_number: 4,
      iso: 100 + (number % 900),
    },
    tags: number % 10 === 0 ? { team: `t${number % 7}`, env: 'prod' } : {},
    pipeline: { name: 'default', version: 1 },
    steps: ['validate', 'resize', 'convert', 'placeholder'].map((name) => ({
      ...{ name, status: 'done', started_at: isoTime(uploaded), duration_ms: 12.5, attempts: 1 },
    })),
    upload_time: isoTime(uploaded),
    processed_at: isoTime(uploaded + 900),
    expires_at: isoTime(uploaded + 7 * DAY),
  };
  return { generation: 1, record };
}

/** One in a thousand failed. */
function statusAt(number: number): Status {
  return number % 1000 === 998 ? 'failed' : 'ready';
}

/** Spread by the golden ratio, so that neighbours are of different people. */
export function userAt(number: number): string {
  return `user-${(Math.imul(number, 2_654_435_761) >>> 0) % USERS}`;
}

function variantsOf(tenant: string, id: string): Variant[] {
  return ['thumbnail', 'medium', 'large'].flatMap((name, size) =>
    (['webp', 'jpeg'] as const).map((format) => ({
      ...{ name, format, key: `processed/${tenant}/${id}/1/${name}.${format}` },
      ...{ width: 256 * 2 ** size, height: 170 * 2 ** size, size: 20_000 * 2 ** size, sha256: SHA },
      url: `/i/${id}?v=${name}&fm=${format}`,
    })),
  );
}
