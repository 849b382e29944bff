import { describe, expect, it } from 'vitest';
import { mountOf } from './file-system.ts';

const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /run rw - tmpfs tmpfs rw
41 22 0:38 / /srv/photos rw,relatime shared:20 - nfs4 server:/export rw
42 22 0:39 / /srv/my\\040photos rw - fuse.sshfs me@host: rw
43 22 0:40 / /ephemeral rw - overlay overlay rw
44 43 8:2 / /ephemeral/volume rw - xfs /dev/sdb1 rw
45 41 8:3 / /srv/photos rw - btrfs /dev/sdc1 rw
`;

describe('the file system of a path', () => {
  it.each([
    ['/var/lib/darkroom', 'ext4', 'disk'],
    ['/run/darkroom', 'tmpfs', 'memory'],
    ['/running', 'ext4', 'disk'],
    ['/srv/my photos/data', 'fuse.sshfs', 'network'],
    ['/ephemeral/data', 'overlay', 'container'],
    ['/ephemeral/volume/data', 'xfs', 'disk'],
    // mounted over: the later one counts
    ['/srv/photos', 'btrfs', 'disk'],
  ])('%s', (path, type, durability) => {
    expect(mountOf(path, mountinfo)).toEqual({ type, durability });
  });

  it('is a network one where the mount says so', () => {
    const line = '41 22 0:38 / /srv rw - nfs4 server:/export rw';
    expect(mountOf('/srv/data', line)).toEqual({ type: 'nfs4', durability: 'network' });
  });

  it('is unknown where there is no /proc', () => {
    expect(mountOf('/data', '')).toEqual({ type: 'unknown', durability: 'unknown' });
  });
});
