import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../../', import.meta.url));

/** Where the servers are installed once: `DARKROOM_CLOUD_CACHE`, or `.cache/cloud` in the checkout. */
export function cacheFolder(): string {
  const named = process.env.DARKROOM_CLOUD_CACHE;
  return named ? resolve(named) : join(checkout, '.cache', 'cloud');
}
