import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    extent: 'short' | 'long';
  }
}

/** How much of something a test does: the short form in `npm test`, the long one in `npm run test:long`. */
export function extent<T>(forms: { readonly short: T; readonly long: T }): T {
  return forms[inject('extent') ?? 'short'];
}
