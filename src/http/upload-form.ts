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
  /** Stops reading the sender. To be called at the end, also where the body was never read. */
  close(): void;
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

/** Bytes that a form may have before and after its file: its fields, and no more. */
const MOST_BESIDE_THE_FILE = 1024 * 1024;

/**
 * Reads a multipart form up to its first file, which is then streamed and never held.
 * @throws Failure `invalid_request` where it is not a form, has no file, or has fields that mean nothing;
 *   `upload_interrupted` where it breaks off before its file
 */
export async function openForm(contentType: string, source: AsyncIterable<Uint8Array>): Promise<SentForm> {
  const form = new Form(contentType);
  const parsed = form.feed(source);
  // Whoever reads the file learns of it there; nobody else has to.
  parsed.catch((error) => form.file?.destroy(error));
  const filename = await Promise.race([form.opened, parsed.then(() => undefined, brokenOff)]);
  const [fault] = form.faults;
  if (filename !== undefined && !fault) {
    return { filename, fields: form.fields, body: form.read(parsed), close: form.stop };
  }
  form.stop();
  throw fault ?? invalid('The form has no file. Add one: curl -F file=@photo.jpg.');
}

/** A form while it arrives. */
class Form {
  readonly fields: [name: string, value: string][] = [];
  readonly faults: Failure[] = [];
  /** resolves to the name of the file when that begins */
  readonly opened: Promise<string>;
  file: BusboyFileStream | undefined;
  readonly #parser: BusboyInstance;
  /** the parser has seen the end, or nobody wants the rest; rejects with what the parser cannot read */
  readonly #over: Promise<void>;
  #isOver = false;
  stop = () => {};

  constructor(contentType: string) {
    const parser = parserFor(contentType);
    this.#parser = parser;
    this.#over = new Promise((resolve, reject) => {
      this.stop = () => {
        this.#isOver = true;
        resolve();
      };
      parser.once('finish', this.stop);
      parser.on('error', reject);
    });
    this.#over.catch(() => {});
    this.opened = new Promise((resolve) => {
      parser.once('file', (_field, file, filename: string | undefined) => {
        // The parser also says so itself, and a stream nobody listens to would end the process.
        file.on('error', () => {});
        this.file = file;
        resolve(filename ?? '');
      });
    });
    this.#collectFields();
  }

  /** Gives the parser what comes, as fast as the file is read. Resolves at the end of the form. */
  async feed(source: AsyncIterable<Uint8Array>): Promise<void> {
    let beside = 0;
    for await (const chunk of source) {
      const wasInFile = this.#isInFile();
      const written = new Promise<void>((resolve) => void this.#parser.write(chunk, () => resolve()));
      await Promise.race([written, this.#over]);
      if (this.#isOver) return;
      if (!wasInFile && !this.#isInFile()) beside += chunk.length;
      if (beside > MOST_BESIDE_THE_FILE) {
        throw invalid('The form is too long beside its file. Take fields out.');
      }
    }
    this.#parser.end();
    await this.#over;
  }

  async *read(parsed: Promise<void>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.file ?? []) yield chunk as Buffer;
      await parsed;
      const [fault] = this.faults;
      if (fault) throw fault;
    } finally {
      this.stop();
    }
  }

  #isInFile(): boolean {
    return this.file !== undefined && !this.file.readableEnded;
  }

  #collectFields(): void {
    const fault = (message: string) => this.faults.push(invalid(message));
    this.#parser.on('field', (name, value, _nameTruncated, valueTruncated) => {
      if (this.file) fault(`${shown(name)} comes after the file. Put it before the file, or into the query.`);
      else if (!isWish(name))
        fault(`The form takes pipeline, tags, tag.{name} and a file; got ${shown(name)}.`);
      else if (valueTruncated) fault(`${shown(name)} is too long.`);
      else this.fields.push([name, value]);
    });
    this.#parser.on('filesLimit', () => fault('A request brings one file. Send the others by themselves.'));
    this.#parser.on('fieldsLimit', () => fault('The form has too many fields. Take some out.'));
    this.#parser.on('partsLimit', () => fault('The form has too many parts. Take some out.'));
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

function brokenOff(error: unknown): never {
  if (isFailure(error)) throw error;
  throw new Failure('upload_interrupted', 'The form stopped before its file. Send it again.', {
    cause: error,
  });
}

function invalid(message: string): Failure {
  return new Failure('invalid_request', message);
}

function shown(name: unknown): string {
  return JSON.stringify(String(name).slice(0, 64));
}
