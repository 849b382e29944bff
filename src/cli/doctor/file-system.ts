import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Types of mounts whose locks and synchronisation SQLite cannot rely on. */
const NETWORK = /^(nfs\d*|cifs|smb\d*|smbfs|afs|ceph|9p|glusterfs|lustre|fuse\..*|beegfs|drvfs)$/;
const IN_MEMORY = /^(tmpfs|ramfs)$/;
const OF_CONTAINER = /^(overlay|aufs)$/;

export type Durability = 'disk' | 'network' | 'memory' | 'container' | 'unknown';

/** The type of the file system that a path lies on, `ext4` for example. Only Linux says. */
export async function fileSystemOf(path: string): Promise<{ type: string; durability: Durability }> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return mountOf(path, mounts);
}

/** @param mountinfo the text of /proc/self/mountinfo, see proc(5); a later mount hides an earlier one */
export function mountOf(path: string, mountinfo: string): { type: string; durability: Durability } {
  let best = { point: '', type: 'unknown' };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const point = unescaped(before.split(' ')[4] ?? '');
    const [type] = after.split(' ');
    const holds = path === point || path.startsWith(join(point, '/'));
    if (point !== '' && type && holds && point.length >= best.point.length) best = { point, type };
  }
  return { type: best.type, durability: durabilityOf(best.type) };
}

function durabilityOf(type: string): Durability {
  if (type === 'unknown') return 'unknown';
  if (NETWORK.test(type)) return 'network';
  if (IN_MEMORY.test(type)) return 'memory';
  return OF_CONTAINER.test(type) ? 'container' : 'disk';
}

/** Blanks are written `\040` there. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
