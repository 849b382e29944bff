import { describe } from 'vitest';
import { extent } from '../harness/extent.ts';
import { embedded } from './targets/embedded.ts';
import { wholeLife } from './whole-life.ts';

// A minute and more, which `npm test` does not have.
describe.skipIf(extent({ short: true, long: false }))('the life of an image on the platform embedded', () =>
  wholeLife(embedded),
);
