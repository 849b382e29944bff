/** What people and machines may do, in one place: everything that is not listed is refused. */

export const roles = ['owner', 'editor', 'viewer', 'analyst', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** Over which images of the tenant a permission reaches: everybody's, or those that the asking user sent. */
export type Reach = 'any' | 'own';

export const permissions = [
  'images:read',
  'images:upload',
  'images:change',
  'images:erase',
  'links:make',
  'events:read',
  'pipelines:read',
  'pipelines:write',
  'dead_letters:read',
  'dead_letters:manage',
  'tenant:read',
  'tenant:manage',
  'keys:manage',
  'users:read',
  'users:manage',
  'webhooks:manage',
  'audit:read',
  'figures:read',
] as const;
export type Permission = (typeof permissions)[number];

/** What each role may do. An analyst sees figures and an auditor sees the trail; neither ever sees a picture. */
const rolePermissions: Readonly<Record<Role, Readonly<Partial<Record<Permission, Reach>>>>> = {
  owner: all(permissions),
  editor: {
    ...all(['images:read', 'links:make', 'events:read', 'pipelines:read', 'tenant:read']),
    ...all(['pipelines:write', 'dead_letters:read', 'dead_letters:manage', 'figures:read']),
    'images:upload': 'own',
    'images:change': 'own',
    'images:erase': 'own',
  },
  viewer: all(['images:read', 'links:make', 'events:read', 'pipelines:read']),
  analyst: all(['figures:read', 'pipelines:read']),
  auditor: all(['audit:read', 'users:read', 'tenant:read']),
};

function all(of: readonly Permission[]): Partial<Record<Permission, Reach>> {
  return Object.fromEntries(of.map((permission) => [permission, 'any']));
}

/** How far this permission reaches for somebody; undefined where it is not given. */
export function reachOf(
  { role, scopes }: { readonly role: Role; readonly scopes?: readonly Permission[] },
  permission: Permission,
): Reach | undefined {
  if (scopes && !scopes.includes(permission)) return undefined;
  return rolePermissions[role][permission];
}
