import { styleText } from 'node:util';
import type { Screen } from './text/progress.ts';

type Style = Parameters<typeof styleText>[0];
type Output = NodeJS.WritableStream & Screen;

/**
 * The two ways out. Standard output is for the result: lines for people, or with `--json` exactly one document.
 * Everything else (progress, remarks, faults) goes to standard error.
 */
export class Terminal {
  readonly json: boolean;
  readonly out: Output;
  readonly err: Output;
  #documents = 0;

  constructor(streams: { out: Output; err: Output; json: boolean }) {
    this.out = streams.out;
    this.err = streams.err;
    this.json = streams.json;
  }

  /** A line of the result, for people. */
  line(text = ''): void {
    if (!this.json) this.out.write(`${text}\n`);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** The result, for machines. Only the first one counts: there is exactly one. */
  document(value: unknown): void {
    if (!this.json || this.#documents++ > 0) return;
    this.out.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** The result for machines, where it is too long to be held: the caller writes the text of one document. */
  documentInPieces(): (text: string) => void {
    const isWanted = this.json && this.#documents++ === 0;
    return (text) => {
      if (isWanted) this.out.write(text);
    };
  }

  /** A remark beside the result. */
  note(text: string): void {
    this.err.write(`${text}\n`);
  }

  /** Coloured where standard output is a terminal and NO_COLOR is not set. */
  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.out });
  }

  /** The same for standard error. */
  noteStyle(style: Style, text: string): string {
    return styleText(style, text, { stream: this.err });
  }
}
