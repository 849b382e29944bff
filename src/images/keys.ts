import { v7 } from 'uuid';
import type { Format } from './image.ts';

/** UUIDv7 (RFC 9562): ids sort by time, and 74 random bits keep them unguessable. */
export function newImageId(now: number): string {
  return v7({ msecs: now });
}

const IMAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function isImageId(text: string): boolean {
  return IMAGE_ID.test(text);
}

export const extensions = {
  jpeg: 'jpg',
  png: 'png',
  gif: 'gif',
  webp: 'webp',
  avif: 'avif',
  tiff: 'tiff',
} as const satisfies Record<Format, string>;

export const mediaTypes = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  tiff: 'image/tiff',
} as const satisfies Record<Format, string>;

/** Object keys are immutable and made of ids only: a sender's file name never becomes part of a path. */
export const objectKeys = {
  original: (tenantId: string, imageId: string) => `raw/${tenantId}/${imageId}`,
  variant: (tenantId: string, imageId: string, generation: number, variant: string, format: Format) =>
    `${objectKeys.generation(tenantId, imageId, generation)}${variant}.${extensions[format]}`,
  generation: (tenantId: string, imageId: string, generation: number) =>
    `${objectKeys.processed(tenantId, imageId)}${generation}/`,
  /** prefix of all that was made of an image */
  processed: (tenantId: string, imageId: string) => `processed/${tenantId}/${imageId}/`,
};
