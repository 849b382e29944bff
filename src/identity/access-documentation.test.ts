import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accessTables, withAccessTables } from './access-documentation.ts';
import { permissions, roles } from './permissions.ts';

const docs = readFileSync(new URL('../../docs/access.md', import.meta.url), 'utf8');

test('docs/access.md says what the tables say; npm run docs:access writes it anew', () => {
  expect(withAccessTables(docs)).toBe(docs);
});

test('each permission and each role is in it', () => {
  const table = accessTables().get('permissions') ?? '';
  for (const name of [...permissions, ...roles]) expect(table).toContain(name);
});

test('a table without a place is missed', () => {
  expect(() => withAccessTables('# Access')).toThrow('no place for the table of permissions');
});
