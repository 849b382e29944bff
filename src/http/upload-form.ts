import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { Failure, isFailure } from '../failures.ts';
import { isWish } from './upload-wishes.ts';

/** A form with a file in it, as far as its file. */
export interface SentForm {
  /** as the sender wrote it; '' where it has none */
  readonly filename: string;
  /** fields before the file */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /**
   * The file, as it arrives. Its end is the end of the form: it throws where the form goes on with something that
   * cannot be heeded any more. @throws Failure `invalid_request`, and whatever the source throws
   */
  readonly body: AsyncIterable<Uint8Array>;
}

const LIMITS = {
  files: 1,
  fields: 64,
  parts: 70,
  fieldNameSize: 256,
  fieldSize: 64 * 1024,
  headerPairs: 50,
  headerSize: 32 * 1024,
};

/**
 * Reads a multipart form up to its first file, which is then streamed and never held.
 * @throws Failure `invalid_request` where it is not a form, has no file, or has fields that mean nothing
 */
export async function openForm(contentType: string, source: AsyncIterable<Uint8Array>): Promise<SentForm> {
  const form = parserFor(contentType);
  const stopping = new AbortController();
  const fields: [string, string][] = [];
  const faults: Failure[] = [];
  let file: BusboyFileStream | undefined;

  form.on('field', (name, value, _nameTruncated, valueTruncated) => {
    if (file) faults.push(lateField(name));
    else if (!isWish(name)) faults.push(unknownField(name));
    else if (valueTruncated) faults.push(invalid(`${shown(name)} is too long.`));
    else fields.push([name, value]);
  });
  form.on('filesLimit', () =>
    faults.push(invalid('A request brings one file. Send the others by themselves.')),
  );
  for (const limit of ['fieldsLimit', 'partsLimit'] as const) {
    form.on(limit, () => faults.push(invalid('The form has too many fields. Take some out.')));
  }

  const opened = new Promise<{ file: BusboyFileStream; filename: string | undefined }>((resolve) => {
    form.once('file', (_field, stream, filename) => {
      file = stream;
      resolve({ file: stream, filename });
    });
  });
  const parsed = pipeline(Readable.from(source), form, { signal: stopping.signal });
  // Whoever reads the file learns of it there; nobody else has to.
  parsed.catch((error) => file?.destroy(error));

  const first = await Promise.race([opened, parsed.then(() => undefined, brokenOff)]);
  const [fault] = faults;
  if (first && !fault) {
    return { filename: first.filename ?? '', fields, body: fileIn(first.file, parsed, faults, stopping) };
  }
  stopping.abort();
  throw fault ?? invalid('The form has no file. Add one: curl -F file=@photo.jpg.');
}

function brokenOff(error: unknown): never {
  if (isFailure(error)) throw error;
  throw new Failure('upload_interrupted', 'The form stopped before its file. Send it again.', {
    cause: error,
  });
}

async function* fileIn(
  file: BusboyFileStream,
  parsed: Promise<void>,
  faults: readonly Failure[],
  stopping: AbortController,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file) yield chunk as Buffer;
    await parsed;
    const [fault] = faults;
    if (fault) throw fault;
  } finally {
    stopping.abort();
  }
}

function parserFor(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS, preservePath: true });
  } catch (error) {
    throw new Failure('invalid_request', 'Content-Type: multipart/form-data needs its boundary.', {
      cause: error,
    });
  }
}

function lateField(name: string): Failure {
  return invalid(
    `${shown(name)} comes after the file, which is on its way by then. Put it before the file, or into the query.`,
  );
}

function unknownField(name: string): Failure {
  return invalid(`The form takes pipeline, tags and tag.{name}, and a file; got ${shown(name)}.`);
}

function invalid(message: string): Failure {
  return new Failure('invalid_request', message);
}

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 64));
}
