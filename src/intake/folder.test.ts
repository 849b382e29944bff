import { execFileSync } from 'node:child_process';
import {
  appendFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nastyNames } from '../../test/hostile/nasty-names.ts';
import { Failure } from '../failures.ts';
import { watchFolder } from './folder.ts';
import type { Arrival, Landed } from './intake.ts';
import { filesBelow, type House, OWNER, openHouse, sample, sha256 } from './testing/house.ts';

let house: House;
let inbox: string;
let cat: Buffer;
let remarks: { place?: string; why?: string }[];
let warnings: { place?: string; err: unknown }[];
let watching: { stop(): Promise<void> } | undefined;

beforeEach(async () => {
  house = await openHouse();
  inbox = await mkdtemp(join(tmpdir(), 'darkroom-inbox-'));
  cat = await sample('chelsea.png');
  warnings = [];
  remarks = [];
});

afterEach(async () => {
  await watching?.stop();
  watching = undefined;
  await house.close();
  await rm(inbox, { recursive: true, force: true });
});

type Receive = (arrival: Arrival) => Promise<Landed>;

function watchInbox(
  options: { settleMs?: number; scanMs?: number; receive?: Receive; inbox?: string } = {},
): void {
  const { receive = house.intake.receive, ...rest } = options;
  const log = {
    info: (remark: { place?: string; why?: string }) => remarks.push(remark),
    warn: (warning: { place?: string; err: unknown }) => warnings.push(warning),
  };
  watching = watchFolder({ ...OWNER, inbox, intake: { receive }, log, settleMs: 0, scanMs: 20, ...rest });
}

async function restart(): Promise<void> {
  await watching?.stop();
  watchInbox();
}

async function drop(name: string, bytes: Uint8Array = cat): Promise<void> {
  const path = join(inbox, name);
  await mkdir(join(path, '..'), { recursive: true });
  // Written beside the inbox, so that no look sees a part of it.
  await writeFile(`${inbox}.part`, bytes);
  await rename(`${inbox}.part`, path);
}

function inboxFiles(): Promise<string[]> {
  return filesBelow(inbox).then((files) => files.sort());
}

async function expectInbox(files: string[]): Promise<void> {
  await expect.poll(inboxFiles, { timeout: 10_000, interval: 20 }).toEqual(files);
}

async function filenames(): Promise<(string | undefined)[]> {
  return (await house.images()).map(({ record }) => record.original?.filename).sort();
}

describe('a watched folder', () => {
  it('takes what is there already and what comes, in subfolders too', async () => {
    await drop('before.png');
    watchInbox();
    await drop('holidays/2026/beach.png');
    await drop('after.png');
    await expectInbox([]);
    expect(await filenames()).toEqual(['after.png', 'beach.png', 'before.png']);
    expect((await house.images()).map(({ record }) => [record.source, record.user_id])).toEqual(
      Array(3).fill(['folder', 'owner']),
    );
  });

  it('is made where it is missing, and made again where it went', async () => {
    const missing = join(inbox, 'deep/inbox');
    watchInbox({ inbox: missing });
    await expect.poll(() => readdir(missing).catch(() => undefined)).toEqual([]);
    await rm(missing, { recursive: true });
    await expect.poll(() => readdir(missing).catch(() => undefined)).toEqual([]);
    await drop('deep/inbox/cat.png');
    await expectInbox([]);
  });

  it('leaves alone what is hidden, unfinished by its name, no file, or only a link', async () => {
    const secret = join(house.folder, 'secret.png');
    await writeFile(secret, cat);
    for (const name of [
      '.hidden.png',
      'a.png.part',
      'b.png.tmp',
      'c.png.crdownload',
      'D.PNG.PART',
      '.folder/e.png',
    ]) {
      await drop('x');
      await mkdir(join(inbox, name, '..'), { recursive: true });
      await rename(join(inbox, 'x'), join(inbox, name));
    }
    await symlink(secret, join(inbox, 'link.png'));
    await symlink(house.folder, join(inbox, 'linked-folder'));
    execFileSync('mkfifo', [join(inbox, 'pipe.png')]);
    const before = await inboxFiles();
    watchInbox();
    await drop('last.png');
    await expect.poll(filenames).toEqual(['last.png']);
    await setTimeout(100);
    expect(await inboxFiles()).toEqual(before);
    expect(await filenames()).toEqual(['last.png']);
    // each once, however often it was seen
    expect(
      remarks
        .filter(({ why }) => why !== undefined)
        .map(({ place }) => place)
        .toSorted(),
    ).toEqual(
      [
        ...['.folder', '.hidden.png', 'D.PNG.PART', 'a.png.part', 'b.png.tmp', 'c.png.crdownload'],
        ...['link.png', 'linked-folder', 'pipe.png'],
      ].toSorted(),
    );
    expect(remarks).toContainEqual({ place: 'link.png', why: 'it is a symbolic link' });
  });

  it('waits until a file is still', async () => {
    watchInbox({ settleMs: 300 });
    const path = join(inbox, 'slow.png');
    for (let at = 0; at < cat.length; at += 30_000) {
      await appendFile(path, cat.subarray(at, at + 30_000));
      await setTimeout(50);
      expect(await filenames()).toEqual([]);
    }
    await expectInbox([]);
    expect((await house.images())[0]?.record.original?.sha256).toBe(sha256(cat));
  });

  it('keeps names as data, also those that are no text', async () => {
    const possible = Object.values(nastyNames).filter(
      (name) => Buffer.byteLength(name) <= 250 && !/[/\0]|^\./.test(name) && name.isWellFormed(),
    );
    expect(possible.length).toBeGreaterThan(10);
    for (const name of possible) await writeFile(join(inbox, name), cat);
    await writeFile(
      Buffer.concat([Buffer.from(`${inbox}/latin-`), Buffer.of(0xe9), Buffer.from('.png')]),
      cat,
    );
    watchInbox();
    await expectInbox([]);
    expect(await filenames()).toContain('latin-\ufffd.png');
    expect(await house.images()).toHaveLength(possible.length + 1);
  });
});

describe('what is refused', () => {
  it('goes to a folder of its own, beside a text that says why', async () => {
    watchInbox();
    await drop('notes/todo.jpg', Buffer.from('buy milk'));
    await drop('empty.png', Buffer.alloc(0));
    await drop('big.png', Buffer.concat([cat, Buffer.alloc(2_000_000)]));
    await expectInbox(
      ['big.png', 'empty.png', 'todo.jpg'].flatMap((name) => [`rejected/${name}`, `rejected/${name}.txt`]),
    );
    const reason = await readFile(join(inbox, 'rejected/todo.jpg.txt'), 'utf8');
    expect(reason).toMatch(
      /^notes\/todo\.jpg was not taken\.\n\nIts first bytes are .*\n\nCode: unsupported_format\n/,
    );
    expect(await readFile(join(inbox, 'rejected/todo.jpg'), 'utf8')).toBe('buy milk');
    expect(await house.images()).toEqual([]);
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
  });

  it('overwrites nothing that was refused before', async () => {
    watchInbox();
    await drop('a.jpg', Buffer.from('first'));
    await expectInbox(['rejected/a.jpg', 'rejected/a.jpg.txt']);
    await drop('a.jpg', Buffer.from('second'));
    await drop('sub/a.jpg', Buffer.from('third'));
    await drop('a.jpg.txt', Buffer.from('fourth'));
    await expect.poll(async () => (await inboxFiles()).length).toBe(8);
    const contents = await Promise.all(
      (await inboxFiles()).map((file) => readFile(join(inbox, file), 'utf8')),
    );
    for (const text of ['first', 'second', 'third', 'fourth']) expect(contents).toContain(text);
  });

  it('may have the longest name there is', async () => {
    watchInbox();
    await writeFile(join(inbox, `${'n'.repeat(251)}.jpg`), 'no picture');
    await expect.poll(async () => (await inboxFiles()).length).toBe(2);
    expect((await inboxFiles())[0]).toMatch(/^rejected\/n{196}\.jpg$/);
  });
});

describe('one file, one image', () => {
  it('after a crash between the record and the removal of the file', async () => {
    await drop('cat.png');
    // A second name keeps the very file, so that it can be put back as if it had never been removed.
    await link(join(inbox, 'cat.png'), join(house.folder, 'kept'));
    watchInbox();
    await expectInbox([]);
    await link(join(house.folder, 'kept'), join(inbox, 'cat.png'));
    await restart();
    await expectInbox([]);
    expect(await house.images()).toHaveLength(1);
    expect((await house.bytesLeft()).objects).toHaveLength(1);
  });

  it('but the same picture dropped again is another', async () => {
    watchInbox();
    for (const count of [1, 2, 3]) {
      await drop('cat.png');
      await expectInbox([]);
      expect(await house.images()).toHaveLength(count);
    }
  });

  it('that changes while it is read is taken later, whole', async () => {
    const rest = Buffer.alloc(100_000, 1);
    let isFirst = true;
    watchInbox({
      receive(arrival) {
        const { body } = arrival;
        async function* disturbed() {
          for await (const chunk of body) {
            yield chunk;
            if (isFirst) await appendFile(join(inbox, 'cat.png'), rest);
            isFirst = false;
          }
        }
        return house.intake.receive({ ...arrival, body: disturbed() });
      },
    });
    await drop('cat.png');
    await expectInbox([]);
    expect(warnings[0]?.err).toMatchObject({ code: 'length_mismatch' });
    expect((await house.images()).map(({ record }) => record.original?.sha256)).toEqual([
      sha256(Buffer.concat([cat, rest])),
    ]);
  });

  it('that is overwritten in place while it is read is not half one and half the other', async () => {
    const other = Buffer.concat([cat.subarray(0, 100), Buffer.alloc(cat.length - 100, 1)]);
    let isFirst = true;
    watchInbox({
      receive(arrival) {
        const { body } = arrival;
        async function* disturbed() {
          for await (const chunk of body) {
            yield chunk;
            if (isFirst) await writeFile(join(inbox, 'cat.png'), other);
            isFirst = false;
          }
        }
        return house.intake.receive({ ...arrival, body: disturbed() });
      },
    });
    await drop('cat.png');
    await expectInbox([]);
    expect(warnings[0]?.err).toMatchObject({ code: 'upload_interrupted' });
    expect((await house.images()).map(({ record }) => record.original?.sha256)).toEqual([sha256(other)]);
  });

  it('that cannot be stored now stays, and is taken when it can', async () => {
    let isFull = true;
    watchInbox({
      receive: async (arrival) => {
        if (isFull) throw new Failure('storage_full', 'full');
        return await house.intake.receive(arrival);
      },
    });
    await drop('cat.png');
    await expect.poll(() => warnings.length).toBe(1);
    expect(await inboxFiles()).toEqual(['cat.png']);
    isFull = false;
    await expectInbox([]);
    expect(await house.images()).toHaveLength(1);
  });

  it('that is being read when the service stops is taken after the next start', async () => {
    let isReading = () => {};
    const reading = new Promise<void>((resolve) => {
      isReading = resolve;
    });
    watchInbox({
      receive(arrival) {
        const { body } = arrival;
        async function* endless() {
          yield* body;
          isReading();
          await setTimeout(60_000, undefined, { ref: false });
        }
        return house.intake.receive({ ...arrival, body: endless() });
      },
    });
    await drop('cat.png');
    await reading;
    await watching?.stop();
    expect(await inboxFiles()).toEqual(['cat.png']);
    expect(await house.bytesLeft()).toEqual({ objects: [], partials: [], files: [] });
    expect(warnings).toEqual([]);
    watchInbox();
    await expectInbox([]);
  });
});
