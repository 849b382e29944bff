import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OriginalLinks } from '../../delivery/original-links.ts';
import type { Clock } from '../../images/clock.ts';
import type { ObjectStore } from '../../images/object-store.ts';
import type { UploadPlaces } from '../../intake/upload-places.ts';
import { UNFINISHED } from './partial-pieces.ts';
import { PURGED } from './purge-marks.ts';
import type { RequestCounts } from './request-counts.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { type AwsIdentity, openPresigningClient, openS3Client } from './s3-client.ts';
import { bucketFaults, bucketWarnings } from './s3-health.ts';
import { createS3OriginalLinks, createS3UploadPlaces } from './s3-links.ts';
import { createS3Objects } from './s3-objects.ts';
import type { S3Settings } from './s3-settings.ts';
import { DERIVED } from './shared-pictures.ts';

export interface S3Options {
  readonly settings: S3Settings;
  /** of this process alone, on a local disk, for files that are being worked on; made where it is missing */
  readonly folder: string;
  readonly clock: Clock;
  readonly identity?: AwsIdentity;
  /** counts what is sent, where somebody wants to know */
  readonly counts?: RequestCounts;
}

/** Everything that lies in the bucket, and links into it. */
export interface OpenedS3 {
  readonly bucket: S3Bucket;
  /** not sealed; `list('')` gives originals and results alone */
  readonly objects: ObjectStore;
  /** only where nothing is sealed here, and where an event tells of what was put */
  readonly uploadPlaces: UploadPlaces;
  /** only where nothing is sealed here */
  readonly originalLinks: OriginalLinks;
  /** sentences: `[]` is ready */
  faults(signal: AbortSignal): Promise<string[]>;
  /** sentences for a person who looks after the bucket */
  warnings(): Promise<string[]>;
  close(): void;
}

/** Opens the bucket of the settings. Nothing is asked of the server before something is used. */
export function openS3({ settings, folder, clock, identity = {}, counts }: S3Options): OpenedS3 {
  const client = openS3Client(settings, identity);
  const presigning = openPresigningClient(settings, identity);
  counts?.watch(client);
  const bucket: S3Bucket = { client, settings };
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch, { recursive: true });
  const links = { client: presigning, settings, clock };
  return {
    bucket,
    objects: createS3Objects({ bucket, scratch, apart: [UNFINISHED, DERIVED, PURGED] }),
    uploadPlaces: createS3UploadPlaces(links),
    originalLinks: createS3OriginalLinks(links),
    faults: (signal) => bucketFaults(bucket, signal),
    warnings: () => bucketWarnings(bucket),
    close() {
      client.destroy();
      presigning.destroy();
    },
  };
}
