import type { PartialUploadRow, PartialUploadRows } from '../partial-upload-rows.ts';

/** Rows in the memory of a test, under the same conditions as anywhere. */
export function createMemoryPartialRows(): PartialUploadRows {
  const rows = new Map<string, PartialUploadRow>();
  const isThere = ({ imageId, begun, version }: PartialUploadRow) => {
    const row = rows.get(imageId);
    return row?.begun === begun && row.version === version;
  };
  return {
    async start(row) {
      const before = rows.get(row.imageId);
      if (before) return before;
      rows.set(row.imageId, row);
      return row;
    },
    find: async (imageId) => rows.get(imageId),
    async replace(before, after) {
      if (!isThere(before)) return false;
      rows.set(after.imageId, after);
      return true;
    },
    remove: async (before) => isThere(before) && rows.delete(before.imageId),
    writtenBefore: async (time) =>
      [...rows.values()]
        .filter(({ writtenAt }) => writtenAt < time)
        .toSorted((one, other) => one.writtenAt - other.writtenAt),
  };
}
