import type { Fault } from './describe-fault.ts';
import type { Terminal } from './terminal.ts';
import { formatCount, plain } from './text/format.ts';
import { Progress } from './text/progress.ts';
import { formatRow, type SizedColumn, titlesOf } from './text/table.ts';

export interface Outcome {
  readonly error?: Fault;
}

export interface ReportOptions<Result extends Outcome> {
  readonly terminal: Terminal;
  /** results to come */
  readonly total: number;
  readonly columns: readonly SizedColumn[];
  cells(result: Result): readonly string[];
  nameOf(result: Result): string;
}

/**
 * Results of a long run, told as they come: for people rows of a table above a progress bar, for machines pieces of one
 * JSON document, `{"results": [...], "summary": {...}}`. Only the failures are held until the end.
 */
export class StreamedReport<Result extends Outcome> {
  readonly #options: ReportOptions<Result>;
  readonly #write: (text: string) => void;
  readonly #progress: Progress;
  readonly #startedAt = performance.now();
  readonly #failures: { readonly name: string; readonly fault: Fault }[] = [];
  #count = 0;

  constructor(options: ReportOptions<Result>) {
    const { terminal, columns, total } = options;
    this.#options = options;
    this.#write = terminal.documentInPieces();
    // Each piece ends its line: where both ways out go to the same place, remarks stand between the lines.
    this.#write('{"results": [\n');
    terminal.line(terminal.style('bold', titlesOf(columns)));
    this.#progress = new Progress({ total, screen: terminal.err });
  }

  get failed(): number {
    return this.#failures.length;
  }

  get done(): number {
    return this.#count - this.failed;
  }

  add(result: Result): void {
    const { terminal, columns, cells, nameOf } = this.#options;
    this.#write(`${this.#count === 0 ? '' : ','}${JSON.stringify(result)}\n`);
    this.#count += 1;
    if (result.error) this.#failures.push({ name: nameOf(result), fault: result.error });
    const row = formatRow(columns, cells(result));
    this.#progress.advance();
    this.#progress.above(() => terminal.line(result.error ? terminal.style('red', row) : row));
  }

  /** Says what is left to say. Must be called, also after a fault: it completes the document. */
  end<Summary>(finish: (durationMs: number) => { summary: Summary; line: string }): Summary {
    const { terminal } = this.#options;
    const { summary, line } = finish(Math.round(performance.now() - this.#startedAt));
    this.#progress.end();
    this.#write(`],\n"summary": ${JSON.stringify(summary)}}\n`);
    if (this.failed > 0) terminal.note(`\n${formatCount(this.failed, 'file')} failed:`);
    for (const { name, fault } of this.#failures) {
      terminal.note(`  ${name}: ${plain(fault.message)} (${plain(fault.code)})`);
    }
    terminal.line(`\n${line}`);
    return summary;
  }
}
