import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failures.ts';
import { type ReadMessage, readMessage } from '../notices/read-message.ts';

const ENDING = '.eml';

export interface ListedMail extends Omit<ReadMessage, 'text'> {
  readonly id: string;
}

/** The mails of a mailbox folder, the newest first. */
export async function listMails(folder: string): Promise<ListedMail[]> {
  const ids = await idsIn(folder);
  return Promise.all(
    ids.map(async (id) => {
      const { to, subject, date } = await messageIn(folder, id);
      return { id, to, subject, date };
    }),
  );
}

/** One mail, or the newest. @throws Failure `not_found` */
export async function readMail(folder: string, id?: string): Promise<ReadMessage & { readonly id: string }> {
  const ids = await idsIn(folder);
  const found = id === undefined ? ids[0] : ids.find((known) => known === id);
  if (found !== undefined) return { id: found, ...(await messageIn(folder, found)) };
  const which = id === undefined ? 'no mail' : `no mail ${JSON.stringify(id.slice(0, 64))}`;
  throw new Failure('not_found', `There is ${which} in ${folder}. "darkroom mail" lists what there is.`);
}

/** Ids begin with the time. */
async function idsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const mails = names.filter((name) => name.endsWith(ENDING)).map((name) => name.slice(0, -ENDING.length));
  return mails.sort().reverse();
}

async function messageIn(folder: string, id: string): Promise<ReadMessage> {
  return readMessage(await readFile(join(folder, `${id}${ENDING}`), 'utf8'));
}
