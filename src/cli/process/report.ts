import type { Terminal } from '../terminal.ts';
import { formatBytes, formatCount, formatDuration, formatSaved, plain } from '../text/format.ts';
import { Progress } from '../text/progress.ts';
import { formatRow, type SizedColumn, titlesOf, widest } from '../text/table.ts';
import type { FileResult, Job } from './process-file.ts';

export interface Summary {
  files: number;
  done: number;
  failed: number;
  skipped: number;
  bytes_in: number;
  bytes_out: number;
  duration_ms: number;
  stopped: boolean;
}

const WIDEST_NAME = 48;

/** The results of a run as they come: rows of a table under a bar, or pieces of one JSON document. */
export class ProcessReport {
  readonly summary: Summary;
  readonly #terminal: Terminal;
  readonly #columns: readonly SizedColumn[];
  readonly #write: (text: string) => void;
  readonly #progress: Progress;
  readonly #startedAt = performance.now();
  readonly #namesByPath: ReadonlyMap<string, string>;
  readonly #failures: { readonly name: string; readonly code: string; readonly message: string }[] = [];

  constructor(terminal: Terminal, jobs: readonly Job[], skipped: number) {
    this.#terminal = terminal;
    this.#namesByPath = new Map(jobs.map(({ path, relativePath }) => [path, plain(relativePath)]));
    this.summary = {
      files: jobs.length,
      done: 0,
      failed: 0,
      skipped,
      bytes_in: 0,
      bytes_out: 0,
      duration_ms: 0,
      stopped: false,
    };
    this.#columns = columnsFor([...this.#namesByPath.values()]);
    this.#write = terminal.documentInPieces();
    this.#write('{"results": [');
    terminal.line(terminal.style('bold', titlesOf(this.#columns)));
    this.#progress = new Progress({ total: jobs.length, screen: terminal.err });
  }

  add(result: FileResult): void {
    const { summary } = this;
    this.#write(`${summary.done + summary.failed === 0 ? '' : ','}\n${JSON.stringify(result)}`);
    summary[result.status] += 1;
    summary.bytes_in += result.size;
    summary.bytes_out += bytesOut(result);
    const name = this.#namesByPath.get(result.input) ?? result.input;
    if (result.error) this.#failures.push({ name, ...result.error });
    this.#progress.advance();
    this.#progress.above(() => this.#terminal.line(this.#row(name, result)));
  }

  /** Prints what is left to say. Must be called, also after a fault: it completes the document. */
  end(wasStopped: boolean): void {
    const { summary } = this;
    summary.duration_ms = Math.round(performance.now() - this.#startedAt);
    summary.stopped = wasStopped;
    this.#progress.end();
    this.#write(`\n],\n"summary": ${JSON.stringify(summary)}}\n`);
    this.#tellFailures();
    this.#terminal.line(`\n${summaryLine(summary)}`);
  }

  #row(name: string, result: FileResult): string {
    const out = bytesOut(result);
    const row = formatRow(this.#columns, [
      name,
      formatBytes(result.size),
      result.status === 'done' ? formatBytes(out) : '-',
      result.status === 'done' ? formatSaved(result.size, out) : '-',
      String(result.duration_ms),
      result.status,
    ]);
    return result.status === 'done' ? row : this.#terminal.style('red', row);
  }

  #tellFailures(): void {
    if (this.#failures.length === 0) return;
    this.#terminal.note(`\n${formatCount(this.#failures.length, 'file')} failed:`);
    for (const { name, code, message } of this.#failures) {
      this.#terminal.note(`  ${name}: ${plain(message)} (${code})`);
    }
  }
}

function columnsFor(names: readonly string[]): SizedColumn[] {
  return [
    { title: 'photo', width: Math.max(5, widest(names, WIDEST_NAME)) },
    { title: 'in', align: 'right', width: 7 },
    { title: 'out', align: 'right', width: 7 },
    { title: 'saved', align: 'right', width: 6 },
    { title: 'ms', align: 'right', width: 6 },
    { title: 'status', width: 6 },
  ];
}

function bytesOut({ outputs }: FileResult): number {
  return outputs.reduce((bytes, { size }) => bytes + size, 0);
}

function summaryLine(summary: Summary): string {
  const { files, done, failed, skipped, bytes_in, bytes_out, duration_ms, stopped } = summary;
  const parts = [
    `${done} of ${formatCount(files, 'file')} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped ? ['stopped before the end'] : []),
    ...(skipped > 0 ? [`${formatCount(skipped, 'other file')} in the folders skipped: no pictures`] : []),
    `${formatBytes(bytes_in)} in, ${formatBytes(bytes_out)} out`,
    formatDuration(duration_ms),
  ];
  return parts.join('; ');
}
