import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, type FailureCode } from '../failures.ts';
import type { ImageRecord } from '../images/image.ts';
import { watchFolder } from './folder.ts';
import type { Reservation } from './intake.ts';
import { type House, OWNER, TENANT } from './testing/house.ts';
import { accepted, create, imageIdOf, openResumable, patch, TUS_URL } from './testing/tus.ts';
import { type Bringing, bodyOf, type WayIn, waysInContract } from './ways-in.contract.ts';

waysInContract('direct upload', async ({ intake }) => ({
  source: 'direct',
  async bring(file) {
    const { stored } = await intake.receive({
      ...OWNER,
      source: 'direct',
      filename: file.filename,
      body: bodyOf(file),
      ...(file.size !== 'unsaid' && { size: file.size ?? file.bytes.length }),
      ...(file.sha256 !== undefined && { sha256: file.sha256 }),
      ...(file.tags && { tags: file.tags }),
      ...(file.key !== undefined && { idempotencyKey: file.key }),
    });
    return stored.record;
  },
}));

waysInContract('signed upload', async ({ intake }) => ({
  source: 'signed_upload',
  async bring(file) {
    const { stored } = await intake.reserve(reservationOf(file, 'signed_upload'));
    const { stored: landed } = await intake.receiveReserved(TENANT, stored.record.image_id, {
      body: bodyOf(file),
    });
    return landed.record;
  },
}));

waysInContract('resumable upload', async (house) => resumableWay(house), { resumes: true });

waysInContract('watched folder', async (house) => folderWay(house), {
  cannot: {
    declare: 'a dropped file says nothing but itself',
    'name its request': 'the file itself is the name of the request: see folder.test.ts',
    'break off': 'what is half written still changes: see folder.test.ts',
    tag: 'a dropped file has no tags',
    'use any name': 'file systems refuse some of these names: see folder.test.ts',
  },
});

function reservationOf(file: Bringing, source: Reservation['source']): Reservation {
  return {
    ...OWNER,
    source,
    request: {
      filename: file.filename,
      size: typeof file.size === 'number' ? file.size : file.bytes.length,
      ...(file.sha256 !== undefined && { sha256: file.sha256 }),
      ...(file.tags && { tags: file.tags }),
    },
    ...(file.key !== undefined && { idempotencyKey: file.key }),
  };
}

/** In two pieces, as a client with a chunk size sends them. What a client learns by HEAD first, this one does too. */
function resumableWay(house: House): WayIn {
  const resumable = openResumable(house);

  async function begun(file: Bringing): Promise<string> {
    const reservation = reservationOf(file, 'resumable');
    if (file.sha256 !== undefined) {
      return `${TUS_URL}/${(await house.intake.reserve(reservation)).stored.record.image_id}`;
    }
    return await create(resumable, reservation.request.size, {
      metadata: { filename: file.filename, ...(file.tags && { tags: JSON.stringify(file.tags) }) },
      ...(file.key !== undefined && { headers: { 'idempotency-key': file.key } }),
    });
  }

  async function sent(url: string, file: Bringing): Promise<void> {
    if (file.body) return void (await accepted(await patch(resumable, url, 0, file.body)));
    const head = await accepted(await resumable(headOf(url), OWNER));
    for (let offset = Number(head.headers.get('upload-offset')); offset < file.bytes.length; ) {
      const piece = file.bytes.subarray(offset, offset === 0 ? 100_000 : undefined);
      const answer = await accepted(await patch(resumable, url, offset, piece));
      offset = Number(answer.headers.get('upload-offset'));
    }
  }

  return {
    source: 'resumable',
    async bring(file) {
      const url = await begun(file);
      await sent(url, file);
      const image = await house.platform.catalog.read(TENANT, imageIdOf(url));
      if (image?.record.status === 'awaiting_upload') {
        throw new Failure('upload_interrupted', 'the client has nothing more to send');
      }
      return image?.record as ImageRecord;
    },
  };
}

function headOf(url: string): Request {
  return new Request(url, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
}

/** Drops files under their own names, each in a subfolder of its own, and listens to what becomes of them. */
async function folderWay(house: House): Promise<WayIn> {
  const inbox = await mkdtemp(join(tmpdir(), 'darkroom-inbox-'));
  const outcomes = new EventEmitter().setMaxListeners(0);
  const log = {
    info: ({ place, ...outcome }: { place: string; image_id?: string; code?: FailureCode }) =>
      outcomes.emit(place, outcome),
    warn: ({ place, err }: { place: string; err: unknown }) => outcomes.emit(place, { err }),
  };
  const watching = watchFolder({ ...OWNER, inbox, intake: house.intake, log, settleMs: 0, scanMs: 20 });
  let dropped = 0;

  return {
    source: 'folder',
    async bring(file) {
      dropped += 1;
      const folder = join(inbox, String(dropped));
      const outcome = once(outcomes, `${dropped}/${file.filename}`);
      await mkdir(folder);
      await writeFile(join(folder, '.hidden'), file.bytes);
      // For a body without end: a file of 10 GB, nearly all of it a hole.
      if (file.body) await truncate(join(folder, '.hidden'), 10_000_000_000);
      await rename(join(folder, '.hidden'), join(folder, file.filename));
      const [{ image_id, code, err }] = await outcome;
      if (err !== undefined) throw err;
      if (code !== undefined) throw new Failure(code, 'refused');
      const image = await house.platform.catalog.read(TENANT, image_id);
      return image?.record as ImageRecord;
    },
    async close() {
      await watching.stop();
      await rm(inbox, { recursive: true, force: true });
    },
  };
}
