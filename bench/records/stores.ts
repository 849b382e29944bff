import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog, NewImage } from '../../src/images/catalog.ts';
import type { Clock } from '../../src/images/clock.ts';
import { imageItem } from '../../src/platform/aws/dynamo-image-items.ts';
import { tagsToPut } from '../../src/platform/aws/dynamo-image-tags.ts';
import { openDynamoRecords } from '../../src/platform/aws/dynamo-records.ts';
import { writeBatch } from '../../src/platform/aws/dynamo-requests.ts';
import { openTestTable } from '../../src/platform/aws/testing/test-table.ts';
import { createCatalog } from '../../src/platform/embedded/catalog.ts';
import { dataFolder, prepareDataFolder } from '../../src/platform/embedded/data-folder.ts';
import { openDatabase } from '../../src/platform/embedded/database.ts';
import { insertImage } from '../../src/platform/embedded/image-rows.ts';
import { credentials, REGION } from '../../test/cloud/servers/credentials.ts';
import { startDynamoDbLocal } from '../../test/cloud/servers/dynamodb-local.ts';

const MOST_TRIES = 10;

/** A catalog to be filled and asked. */
export interface Store {
  readonly catalog: Catalog;
  /** Adds records as they stand after their life so far, many at once: what is measured is not this. */
  load(images: readonly NewImage[]): Promise<void>;
  close(): Promise<void>;
}

export const stores: Readonly<Record<string, (clock: Clock) => Promise<Store>>> = {
  sqlite: openSqlite,
  dynamodb: openDynamo,
};

async function openSqlite(clock: Clock): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-records-'));
  const paths = dataFolder(folder);
  const disk = await prepareDataFolder(paths, 'full');
  const database = openDatabase(paths.database, { durability: 'full', disk });
  return {
    catalog: createCatalog(database, clock),
    async load(images) {
      database.write(() => {
        for (const image of images) insertImage(database, image, Date.parse(image.record.upload_time));
      });
    },
    async close() {
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function openDynamo(clock: Clock): Promise<Store> {
  const server = await startDynamoDbLocal({ data: 'memory', heapMegabytes: 3072 });
  const table = await openTestTable(server.url, { region: REGION, credentials });
  const records = openDynamoRecords({ table, clock });
  return {
    catalog: records.catalog,
    async load(images) {
      const put = images.flatMap((image) => [
        imageItem(image, { version: 1, at: Date.parse(image.record.upload_time), nonce: 'bench' }),
        ...tagsToPut(undefined, image),
      ]);
      // A loaded machine may take longer than a caller would wait; what is written twice is the same.
      for (let tries = 1; ; tries += 1) {
        try {
          return await writeBatch(table, { put });
        } catch (error) {
          if (tries === MOST_TRIES) throw error;
        }
      }
    },
    async close() {
      await records.close();
      await server.stop();
      table.client.destroy();
    },
  };
}
