import type { Derivative, DerivativeFacts } from './derivative.ts';

/**
 * Pictures that were made for a request, kept for the next one that asks the same. Bounded in bytes, least recently
 * used out. What is kept may be lost at any time (it can be made again), but is never served torn or damaged.
 *
 * A key is 64 lower-case hex digits that stand for all that decides what the picture looks like.
 */
export interface DerivativeCache {
  /**
   * What is kept under a key; undefined where there is nothing, or nothing that is whole.
   *
   * @param owner whose it is: with it, what other machines have kept is found as well, where they share it
   */
  get(key: string, owner?: DerivativeOwner): Promise<Derivative | undefined>;

  /** Announces that something is being made of an image, so that a purge in the meantime is noticed. */
  begin(owner: DerivativeOwner): Making;

  /**
   * Forgets everything that was made of an image, for good: nothing of it is on disk or in memory when this answers,
   * and nothing whose making had begun before is kept. Also finds what another process has kept.
   */
  purgeImage(owner: DerivativeOwner): Promise<void>;

  stats(): DerivativeCacheStats;
}

export interface DerivativeOwner {
  readonly tenantId: string;
  readonly imageId: string;
}

export interface Making {
  /**
   * Takes over a local file (it is moved, and gone afterwards) that holds the whole picture.
   *
   * @returns undefined where the image was purged since the making began
   * @throws Failure `storage_full`, `storage_unavailable`: the file is still there then
   */
  keep(key: string, file: { path: string; facts: DerivativeFacts }): Promise<Derivative | undefined>;
  /** Nothing more will be kept. */
  end(): void;
}

export interface DerivativeCacheStats {
  readonly entries: number;
  /** on disk, in whole blocks */
  readonly bytes: number;
  /** of pictures held in memory as well */
  readonly memoryBytes: number;
}
