import type { ObjectStore } from '../images/object-store.ts';

export type WorkFolder = Awaited<ReturnType<ObjectStore['scratch']>>;

/**
 * Folders in which pictures are made. One from which the picture was moved away is as good as new, and is kept for the
 * next: making and removing a folder costs about as much as all else that is done with files for a small picture.
 */
export class WorkFolders {
  readonly #objects: Pick<ObjectStore, 'scratch'>;
  readonly #most: number;
  readonly #idle: WorkFolder[] = [];
  #isClosed = false;

  /** @param most folders that are kept while nothing is made in them */
  constructor(objects: Pick<ObjectStore, 'scratch'>, most: number) {
    this.#objects = objects;
    this.#most = most;
  }

  /**
   * An empty folder, for as long as this takes.
   * @param use answers whether it left the folder empty; where it throws, the folder is removed with all it holds
   */
  async withOne<T>(use: (path: string) => Promise<{ result: T; leftEmpty: boolean }>): Promise<T> {
    const folder = this.#idle.pop() ?? (await this.#objects.scratch());
    let isEmpty = false;
    try {
      const { result, leftEmpty } = await use(folder.path);
      isEmpty = leftEmpty;
      return result;
    } finally {
      if (isEmpty && !this.#isClosed && this.#idle.length < this.#most) this.#idle.push(folder);
      else await folder.release();
    }
  }

  /** Removes the folders. Those in use are removed when they are given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#idle.splice(0).map((folder) => folder.release()));
  }
}
