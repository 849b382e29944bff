import { type CallRule, callTable } from './call-table.ts';
import { type Permission, permissions, type Role, reachOf, roles } from './permissions.ts';

/** The parts of docs/access.md that are made from the tables that decide, so that they cannot go stale. */
export function accessTables(): ReadonlyMap<string, string> {
  return new Map([
    ['permissions', markdownTable(['', ...roles], permissions.map(permissionRow))],
    ['calls', markdownTable(['call', 'asks for', 'roles'], Object.entries(callTable).map(callRow))],
  ]);
}

/** The document with its made parts made anew. @throws Error where a part has no place */
export function withAccessTables(document: string): string {
  let made = document;
  for (const [name, table] of accessTables()) {
    const place = new RegExp(`(<!-- made: ${name} -->\n)[^]*?(<!-- end -->)`);
    if (!place.test(made)) throw new Error(`there is no place for the table of ${name}`);
    made = made.replace(place, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
  }
  return made;
}

const REACH = { any: 'yes', own: 'own' } as const;

function permissionRow(permission: Permission): string[] {
  const cells = roles.map((role) => {
    const reach = reachOf({ role }, permission);
    return reach === undefined ? '' : REACH[reach];
  });
  return [`\`${permission}\``, ...cells];
}

const OPEN = { open: 'nothing', signed: 'a signature, or nothing', anyone: 'any credentials' } as const;

function callRow([call, rule]: [string, CallRule]): string[] {
  const { asks } = rule;
  if (asks === 'open' || asks === 'signed' || asks === 'anyone') {
    return [`\`${call}\``, OPEN[asks], asks === 'anyone' ? 'all' : ''];
  }
  const others = [
    ...(rule.orSigned ? ['or a signature'] : []),
    ...(rule.orSelf ? ['or to be that person'] : []),
  ];
  return [`\`${call}\``, [`\`${asks}\``, ...others].join(', '), rolesWith(asks)];
}

function rolesWith(permission: Permission): string {
  const cell = (role: Role) => {
    const reach = reachOf({ role }, permission);
    if (reach === undefined) return [];
    return reach === 'own' ? [`${role} (own)`] : [role];
  };
  return roles.flatMap(cell).join(', ');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
