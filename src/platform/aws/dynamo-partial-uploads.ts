import { z } from 'zod';
import type { DynamoTable } from './dynamo-client.ts';
import { attributes, type Item, integer, type Key, keyOf, optionalText, text } from './dynamo-items.ts';
import {
  type Condition,
  deleteItem,
  getItem,
  getItems,
  IS_NEW,
  itemsOf,
  putItem,
} from './dynamo-requests.ts';
import { SHARDS, shardOf, shardsOf } from './dynamo-shards.ts';
import { sortable } from './dynamo-times.ts';
import type { PartialUploadRow, PartialUploadRows } from './partial-upload-rows.ts';

/** In the index `due`, by the time at which something was last added. */
const HEAP = 'partial';

const Pieces = z.array(z.tuple([z.string(), z.number().int().positive()]));

/** Unfinished uploads as items `partial#{image}`: one item each, of some 45 bytes for each piece of 8 MiB. */
export function createDynamoPartialRows(table: DynamoTable): PartialUploadRows {
  return {
    async start(row) {
      // Every piece begins so: a look is cheaper than a write that is refused.
      for (;;) {
        const there = await getItem(table, keyFor(row.imageId));
        if (there) return rowOf(there);
        if (await putItem(table, itemOf(row), IS_NEW)) return row;
      }
    },

    async find(imageId) {
      const item = await getItem(table, keyFor(imageId));
      return item && rowOf(item);
    },

    replace: (before, after) => putItem(table, itemOf(after), unchanged(before)),
    remove: (before) => deleteItem(table, keyFor(before.imageId), unchanged(before)),

    async writtenBefore(time) {
      const to = sortable(time - 1);
      const stretches = shardsOf(HEAP, SHARDS.global).map((partition) => ({ partition, to }));
      const found = await Promise.all(
        stretches.map((stretch) => itemsOf(table, { index: 'due', ...stretch })),
      );
      const rows = (await getItems(table, found.flat().map(keyOf))).map(rowOf);
      return rows
        .filter(({ writtenAt }) => writtenAt < time)
        .toSorted((one, other) => one.writtenAt - other.writtenAt);
    },
  };
}

function keyFor(imageId: string): Key {
  return { pk: `partial#${imageId}`, sk: 'partial' };
}

function unchanged({ begun, version }: PartialUploadRow): Condition {
  return {
    expression: '#begun = :begun AND #version = :version',
    names: { '#begun': 'begun', '#version': 'version' },
    values: attributes({ ':begun': begun, ':version': version }),
  };
}

function itemOf(row: PartialUploadRow): Item {
  return attributes({
    ...keyFor(row.imageId),
    dp: `${HEAP}#${shardOf(row.imageId, SHARDS.global)}`,
    ds: sortable(row.writtenAt),
    tenant_id: row.tenantId,
    image_id: row.imageId,
    length: row.length,
    offset: row.offset,
    begun: row.begun,
    version: row.version,
    written_at: row.writtenAt,
    pieces: JSON.stringify(row.pieces.map(({ name, size }) => [name, size])),
    object_key: row.completed?.key,
    sha256: row.completed?.sha256,
  });
}

function rowOf(item: Item): PartialUploadRow {
  const [key, sha256] = [optionalText(item, 'object_key'), optionalText(item, 'sha256')];
  const pieces = Pieces.parse(JSON.parse(text(item, 'pieces')));
  return {
    tenantId: text(item, 'tenant_id'),
    imageId: text(item, 'image_id'),
    length: integer(item, 'length'),
    offset: integer(item, 'offset'),
    begun: text(item, 'begun'),
    version: integer(item, 'version'),
    writtenAt: integer(item, 'written_at'),
    pieces: pieces.map(([name, size]) => ({ name, size })),
    ...(key !== undefined && sha256 !== undefined && { completed: { key, sha256 } }),
  };
}
