import { describe, expect, it } from 'vitest';
import { openForm, type SentForm } from './upload-form.ts';

const BOUNDARY = 'a-boundary';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const FILE = 'the bytes of a file\r\n--not-the-boundary';

const field = (name: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name: string, filename: string, content = FILE) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/html\r\n\r\n${content}\r\n`;
const END = `--${BOUNDARY}--\r\n`;

/** In pieces of so many bytes: a boundary may fall anywhere. */
async function* arriving(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const open = (text: string, size?: number) => openForm(TYPE, arriving(text, size));

async function read({ body }: SentForm): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a form with a file', () => {
  it.each([1, 7, 100_000])('is read in pieces of %i bytes', async (size) => {
    const text = field('pipeline', 'web') + field('tag.team', 'a') + file('whatever', 'x.jpg') + END;
    const form = await open(text, size);
    expect(form.filename).toBe('x.jpg');
    expect(form.fields).toEqual([
      ['pipeline', 'web'],
      ['tag.team', 'a'],
    ]);
    expect(await read(form)).toBe(FILE);
  });

  it('keeps the name as it was sent: the intake makes it harmless', async () => {
    expect((await open(file('file', '../../naïve.jpg') + END)).filename).toBe('../../naïve.jpg');
  });

  const refusedAtOnce: [name: string, text: string, words: string][] = [
    ['no file', field('pipeline', 'web') + END, 'no file'],
    ['an unknown field', field('status', 'ready') + file('file', 'x.jpg') + END, 'got "status"'],
    ['an endless field', field('pipeline', 'x'.repeat(70_000)) + file('file', 'x.jpg') + END, 'too long'],
    ['too many fields', field('tag.a', 'x').repeat(65) + file('file', 'x.jpg') + END, 'too many fields'],
    ['much beside a file', field('tag.a', 'x'.repeat(60_000)).repeat(30), 'too long beside its file'],
    ['an end before the file', field('pipeline', 'web'), 'stopped before its file'],
    ['nothing at all', '', 'stopped before its file'],
  ];
  it.each(refusedAtOnce)('refuses %s', async (_name, text, words) => {
    await expect(open(text)).rejects.toThrow(words);
  });

  const refusedAtItsEnd: [name: string, text: string, words: string][] = [
    [
      'a field after the file',
      file('file', 'x.jpg') + field('pipeline', 'web') + END,
      'comes after the file',
    ],
    ['a second file', file('a', 'x.jpg') + file('b', 'y.jpg') + END, 'one file'],
    ['a file that breaks off', file('file', 'x.jpg').slice(0, -10), ''],
    ['a form that breaks off', file('file', 'x.jpg'), ''],
  ];
  it.each(refusedAtItsEnd)('lets no file pass with %s', async (_name, text, words) => {
    const form = await open(text);
    await expect(read(form)).rejects.toThrow(words);
  });

  it('refuses a content type without a boundary', async () => {
    await expect(openForm('multipart/form-data', arriving(END))).rejects.toThrow('boundary');
  });

  it('passes on that the sender went away', async () => {
    async function* broken() {
      yield Buffer.from(file('file', 'x.jpg').slice(0, -30));
      throw new Error('connection reset');
    }
    await expect(read(await openForm(TYPE, broken()))).rejects.toThrow('connection reset');
  });

  it('bears that nobody reads the file when the sender goes away', async () => {
    async function* broken() {
      yield Buffer.from(file('file', 'x.jpg').slice(0, -30));
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('connection reset');
    }
    await openForm(TYPE, broken());
    // An error that nobody listens to would end the process, and here the run.
    await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('stops reading the sender when it is closed, though nobody began to read the file', async () => {
    let isStopped = false;
    async function* endless() {
      try {
        yield Buffer.from(file('file', 'x.jpg').slice(0, -10));
        for (;;) yield Buffer.alloc(100_000);
      } finally {
        isStopped = true;
      }
    }
    (await openForm(TYPE, endless())).close();
    await expect.poll(() => isStopped).toBe(true);
  });

  it('stops reading the sender when the file is not wanted any more', async () => {
    let isStopped = false;
    async function* endless() {
      try {
        yield Buffer.from(file('file', 'x.jpg').slice(0, -10));
        for (;;) {
          await new Promise((resolve) => setImmediate(resolve));
          yield Buffer.alloc(1000);
        }
      } finally {
        isStopped = true;
      }
    }
    for await (const _ of (await openForm(TYPE, endless())).body) break;
    await expect.poll(() => isStopped).toBe(true);
  });
});
