import sharp from 'sharp';
import { formats } from './formats.ts';

/**
 * The oldest sharp that may decode strangers' bytes: the first with the libheif that closes CVE-2026-84383
 * (possible code execution by an AVIF) and its successors.
 */
const OLDEST_SAFE_SHARP = '0.35.5';

/**
 * Fences libvips in, for the whole process: only the loaders of the formats table can run (SVG, PDF and all else are
 * off), one thread a picture, nothing cached. Call it before the first picture; calling it again changes nothing.
 *
 * @throws Error where the installed sharp is older than the oldest safe one
 */
export function fenceLoaders(): void {
  assertSafeVersion(sharp.versions.sharp ?? '0.0.0');
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: Object.values(formats).flatMap((format) => [...format.loaders]) });
  sharp.concurrency(1);
  sharp.cache(false);
}

/** @throws Error that says which version is needed */
export function assertSafeVersion(installed: string): void {
  const order = installed.localeCompare(OLDEST_SAFE_SHARP, 'en', { numeric: true });
  if (order < 0) {
    throw new Error(
      `sharp ${installed} has known security holes in its decoders; install ${OLDEST_SAFE_SHARP} or newer (npm ci)`,
    );
  }
}
