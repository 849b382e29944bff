import { type ByteSpan, bodyOf, type Derivative, type DerivativeFacts } from '../../delivery/derivative.ts';
import type { DerivativeCache, DerivativeOwner, Making } from '../../delivery/derivative-cache.ts';
import { Failure, isFailure } from '../../failures.ts';
import type { Clock } from '../../images/clock.ts';
import type { Keyring } from '../../images/keyring.ts';
import type { ObjectBody } from '../../images/object-store.ts';
import { DerivativeFiles, imageDigits } from './derivative-files.ts';
import { DerivativeIndex, type Entry, newEntry, occupied } from './derivative-index.ts';
import { DerivativeMakings } from './derivative-makings.ts';
import { DerivativeUse } from './derivative-use.ts';
import { type Disk, onDisk } from './disk.ts';
import { MemoryPictures } from './memory-pictures.ts';
import { RecentSpace } from './recent-space.ts';

export interface DerivativeCacheOptions {
  /** an existing folder for the cache alone, on the file system on which renderers work */
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  /** encrypts the files; they are not, without one */
  readonly keyring?: Keyring;
  /** of files, bytes */
  readonly capacity: number;
  /** of pictures held in memory as well, bytes */
  readonly memoryCapacity?: number;
}

export interface EmbeddedDerivativeCache extends DerivativeCache {
  /**
   * Looks through the folder, so that the first request need not wait for it.
   * @throws Failure `storage_unavailable`; the next one who asks tries again
   */
  open(): Promise<void>;
  /** Answers when it is known how lately each file was used; requests need not wait for it. */
  settled(): Promise<void>;
  /** Writes down what was used lately. */
  close(): Promise<void>;
}

const MEMORY_CAPACITY = 64 * 2 ** 20;
/** Larger pictures are read from the disk each time: few of them would fill the memory. */
const LARGEST_IN_MEMORY = 256 * 1024;
/** How often it is written down what was used, milliseconds. */
const WRITE_USE_EVERY = 30_000;

/** Derivatives as files in a folder. What there is is remembered in memory, and looked up anew at each start. */
export function createDerivativeCache(options: DerivativeCacheOptions): EmbeddedDerivativeCache {
  return new FolderCache(options);
}

class FolderCache implements EmbeddedDerivativeCache {
  readonly #options: DerivativeCacheOptions;
  readonly #files: DerivativeFiles;
  readonly #space: RecentSpace;
  readonly #index = new DerivativeIndex();
  readonly #memory: MemoryPictures;
  readonly #makings = new DerivativeMakings();
  readonly #use: DerivativeUse;
  readonly #removals = new Set<Promise<void>>();
  #listing: Promise<void> | undefined;
  #isListed = false;
  #learning: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #closing = new AbortController();

  constructor(options: DerivativeCacheOptions) {
    this.#options = options;
    this.#files = new DerivativeFiles(options.folder, options.disk, options.keyring);
    this.#space = new RecentSpace(options.disk);
    this.#use = new DerivativeUse(this.#files, (entry) => this.#drop(entry));
    this.#memory = new MemoryPictures(options.memoryCapacity ?? MEMORY_CAPACITY);
  }

  open(): Promise<void> {
    this.#listing ??= onDisk(this.#list()).catch((error: unknown) => {
      this.#listing = undefined;
      throw error;
    });
    return this.#listing;
  }

  async settled(): Promise<void> {
    await this.open();
    await this.#learning;
  }

  get(key: string): Promise<Derivative | undefined> {
    const entry = this.#index.get(key);
    if (!entry) return this.#isListed ? NOTHING : this.open().then(() => this.#getListed(key));
    return this.#answer(entry);
  }

  begin(owner: DerivativeOwner): Making {
    const image = imageDigits(owner);
    const making = this.#makings.begin(image);
    return {
      keep: (key, { path, facts }) =>
        making.during((isVoid) => this.#keep({ image, key, path, facts, isVoid })),
      end: making.end,
    };
  }

  async purgeImage(owner: DerivativeOwner): Promise<void> {
    const image = imageDigits(owner);
    await this.#makings.makeVoid(image);
    // What is being listed could be added after it was deleted.
    await this.#listing?.catch(() => {});
    for (const entry of this.#index.ofImage(image)) this.#forget(entry);
    await onDisk(this.#files.removeImage(image));
  }

  stats() {
    return {
      entries: this.#index.size,
      bytes: this.#index.bytes,
      memoryBytes: this.#memory.bytes,
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await this.#listing?.catch(() => {});
    await this.#learning;
    await this.#use.write();
    await Promise.all(this.#removals);
  }

  // Looking up

  #getListed(key: string): Promise<Derivative | undefined> {
    const entry = this.#index.get(key);
    return entry ? this.#answer(entry) : NOTHING;
  }

  #answer(entry: Entry): Promise<Derivative | undefined> {
    this.#index.use(entry);
    this.#use.note(entry, this.#options.clock.now());
    if (!entry.answer) return this.#find(entry);
    if (entry.bytes) this.#memory.use(entry);
    return entry.answer;
  }

  /** Reads the file, once for all who ask meanwhile. */
  #find(entry: Entry): Promise<Derivative | undefined> {
    entry.reading ??= this.#readEntry(entry).finally(() => {
      entry.reading = undefined;
    });
    return entry.reading;
  }

  async #readEntry(entry: Entry): Promise<Derivative | undefined> {
    const whole = await onDisk(this.#files.readWhole(entry.file, isSmall(entry)));
    if (entry.isGone) return undefined;
    if (!whole) {
      this.#drop(entry);
      return undefined;
    }
    return this.#answerWith(entry, whole.facts, whole.bytes);
  }

  #answerWith(entry: Entry, facts: DerivativeFacts, bytes: Uint8Array | undefined): Promise<Derivative> {
    const read = (range?: ByteSpan) => this.#read(entry, range);
    entry.answer = Promise.resolve({
      ...facts,
      get bytes() {
        return entry.bytes;
      },
      read,
    });
    const { answer } = entry;
    if (bytes) this.#memory.hold(entry, bytes);
    return answer;
  }

  async #read(entry: Entry, range?: ByteSpan): Promise<ObjectBody> {
    assertInside(entry.file.size, range);
    if (entry.bytes) return bodyOf(entry.bytes, range);
    try {
      return await this.#files.read(entry.file, range);
    } catch (error) {
      if (!isFailure(error, ...NO_MORE)) throw error;
      this.#drop(entry);
      throw new Failure('object_not_found', 'This picture is no longer kept. Ask for it once more.');
    }
  }

  // Keeping

  async #keep({ image, key, path, facts, isVoid }: ToKeep): Promise<Derivative | undefined> {
    if (isVoid()) return undefined;
    await this.open();
    const entry = newEntry(this.#files.newName(image, key, facts.size), this.#options.clock.now());
    await this.#makeRoom(occupied(entry.file));
    const { file, usedAt } = entry;
    const bytes = await this.#files.place(path, file, { facts, usedAt, withBytes: isSmall(entry) });
    // Whoever purged meanwhile waits for this and deletes the file.
    if (isVoid()) return undefined;
    const before = this.#index.add(entry);
    if (before) this.#discard(before);
    return this.#answerWith(entry, facts, bytes);
  }

  /** Makes room in the cache; and on the disk, whose last bytes belong to what cannot be made again. */
  async #makeRoom(bytes: number): Promise<void> {
    const { capacity } = this.#options;
    const { free, reserve } = await onDisk(this.#space.now());
    const wanted = Math.max(this.#index.bytes + bytes - capacity, reserve - free);
    if (bytes <= capacity && (wanted <= 0 || (await this.#evict(wanted)) >= wanted)) return;
    throw new Failure('storage_full', 'There is no room to keep this picture.');
  }

  /** Answers how many bytes went. */
  async #evict(bytes: number): Promise<number> {
    const evicted: Promise<void>[] = [];
    let gone = 0;
    while (gone < bytes) {
      const entry = this.#index.leastRecentlyUsed();
      if (!entry) break;
      gone += occupied(entry.file);
      evicted.push(this.#drop(entry));
    }
    await Promise.all(evicted);
    return gone;
  }

  #drop(entry: Entry): Promise<void> {
    this.#forget(entry);
    return this.#discard(entry);
  }

  #forget(entry: Entry): void {
    this.#index.remove(entry);
    this.#memory.drop(entry);
    this.#use.forget(entry);
    entry.answer = undefined;
  }

  /** Deletes the file. Where that fails it is found again by the next start. */
  #discard(entry: Entry): Promise<void> {
    this.#memory.drop(entry);
    this.#use.forget(entry);
    const removal = this.#files.remove(entry.file).catch(() => {});
    this.#removals.add(removal);
    return removal.finally(() => this.#removals.delete(removal));
  }

  // From one start to the next

  async #list(): Promise<void> {
    for await (const files of this.#files.list()) {
      for (const file of files) {
        const before = this.#index.add(newEntry(file, 0));
        if (before) void this.#discard(before);
      }
    }
    this.#isListed = true;
    if (this.#closing.signal.aborted) return;
    this.#learning = this.#learnUse();
    this.#timer = setInterval(() => void this.#use.write(), WRITE_USE_EVERY).unref();
  }

  /** While requests are answered already. */
  async #learnUse(): Promise<void> {
    await this.#use.learn(this.#index.entries(), this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    this.#index.sort();
    await this.#evict(this.#index.bytes - this.#options.capacity);
  }
}

/** Why a picture that was found before is not there any more. */
const NO_MORE = ['object_not_found', 'range_not_satisfiable', 'object_damaged', 'key_destroyed'] as const;

const NOTHING: Promise<undefined> = Promise.resolve(undefined);

interface ToKeep {
  readonly image: string;
  readonly key: string;
  readonly path: string;
  readonly facts: DerivativeFacts;
  readonly isVoid: () => boolean;
}

function isSmall({ file }: Entry): boolean {
  return file.size <= LARGEST_IN_MEMORY;
}

function assertInside(size: number, range: ByteSpan | undefined): void {
  if (!range || (range.start >= 0 && range.start <= range.end && range.end < size)) return;
  throw new Failure(
    'range_not_satisfiable',
    `Bytes ${range.start}-${range.end} lie outside a picture of ${size} bytes. Ask for a range inside it.`,
  );
}
