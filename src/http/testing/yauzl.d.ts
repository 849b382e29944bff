/** What the tests use of yauzl, which brings no types. */
declare module 'yauzl' {
  import type { EventEmitter } from 'node:events';
  import type { Readable } from 'node:stream';

  export interface Entry {
    readonly fileName: string;
  }

  export interface ZipFile extends EventEmitter {
    on(event: 'entry', listener: (entry: Entry) => void): this;
    on(event: 'end', listener: () => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    openReadStream(entry: Entry, opened: (error: Error | null, stream?: Readable) => void): void;
    readEntry(): void;
  }

  export function fromBuffer(
    bytes: Buffer,
    options: { readonly lazyEntries: true },
    opened: (error: Error | null, zip?: ZipFile) => void,
  ): void;
}
