import type { PartialUpload } from '../../intake/partial-uploads.ts';

/** Which bytes of unfinished uploads count. Several processes work on them: whoever read an old row changes nothing. */
export interface PartialUploadRows {
  /** Keeps the row where there is none of its image; answers the one that is there then. */
  start(row: PartialUploadRow): Promise<PartialUploadRow>;

  /** As it is after every change that was acknowledged before. */
  find(imageId: string): Promise<PartialUploadRow | undefined>;

  /** Puts `after` in the place of `before`. @returns false where that is not there any more */
  replace(before: PartialUploadRow, after: PartialUploadRow): Promise<boolean>;

  /** @returns false where the row is not there any more as it was read */
  remove(before: PartialUploadRow): Promise<boolean>;

  /** Those written last before then, milliseconds; the oldest first. What was written a second ago may be missing. */
  writtenBefore(time: number): Promise<PartialUploadRow[]>;
}

export interface PartialUploadRow extends PartialUpload {
  /** which start of an upload to this image it is: what was on its way to an earlier one counts nothing here */
  readonly begun: string;
  /** grows with every change */
  readonly version: number;
  /** milliseconds */
  readonly writtenAt: number;
  /** in the order of the bytes; together they have `offset` bytes */
  readonly pieces: readonly StoredPiece[];
  /** where the bytes are once they are complete */
  readonly completed?: { readonly key: string; readonly sha256: string };
}

export interface StoredPiece {
  readonly name: string;
  /** bytes */
  readonly size: number;
}
