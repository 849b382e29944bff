import { execFile } from 'node:child_process';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Sparse: takes only what is written. */
const DISK_BYTES = 512 * 2 ** 20;

/**
 * An ext4 file system in a file. What the server has not synchronised stays in memory for up to `commit=300` seconds,
 * and a copy of the file shows just what a machine would find after its power was cut.
 */
export class Disk {
  readonly #image: string;
  readonly mountPoint: string;

  private constructor(image: string, mountPoint: string) {
    this.#image = image;
    this.mountPoint = mountPoint;
  }

  static async create(folder: string, name: string): Promise<Disk> {
    const image = join(folder, `${name}.img`);
    await writeFile(image, '');
    await truncate(image, DISK_BYTES);
    await run('mkfs.ext4', ['-q', '-F', image]);
    return await Disk.mount(image, join(folder, name));
  }

  /** The disk as it is at this instant, mounted as after a power cut: ext4 replays its journal. */
  async cut(folder: string, name: string): Promise<Disk> {
    const copy = join(folder, `${name}.img`);
    await run('cp', ['--sparse=always', this.#image, copy]);
    return await Disk.mount(copy, join(folder, name));
  }

  static async mount(image: string, mountPoint: string): Promise<Disk> {
    await mkdir(mountPoint, { recursive: true });
    await run('mount', ['-o', 'loop,commit=300', image, mountPoint]);
    return new Disk(image, mountPoint);
  }

  /** Killed processes may hold on to it for a moment. */
  async unmount(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await run('umount', [this.mountPoint]);
        return;
      } catch (error) {
        if (attempt === 50) throw error;
        await sleep(100);
      }
    }
  }
}

/** Why disks cannot be made and mounted here; nothing where they can. */
export async function whyNoDisks(folder: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'loop-mounted ext4 needs Linux';
  if (process.getuid?.() !== 0) return 'mounting needs root: run it with sudo';
  try {
    await (await Disk.create(folder, 'probe')).unmount();
    return undefined;
  } catch (error) {
    return `this machine cannot loop-mount ext4: ${error instanceof Error ? error.message.trim() : error}`;
  }
}
