import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withAccessTables } from '../src/identity/access-documentation.ts';

/** Writes the tables of docs/access.md anew, from the code that decides. */
const DOCUMENT = fileURLToPath(new URL('../docs/access.md', import.meta.url));
writeFileSync(DOCUMENT, withAccessTables(readFileSync(DOCUMENT, 'utf8')));
