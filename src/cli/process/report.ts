import { StreamedReport } from '../streamed-report.ts';
import type { Terminal } from '../terminal.ts';
import { formatBytes, formatCount, formatDuration, formatSaved, plain } from '../text/format.ts';
import { type SizedColumn, widest } from '../text/table.ts';
import type { FileResult, Job } from './process-file.ts';

export interface Summary {
  readonly files: number;
  readonly done: number;
  readonly failed: number;
  /** files in the folders that are no pictures */
  readonly skipped: number;
  readonly bytes_in: number;
  readonly bytes_out: number;
  readonly duration_ms: number;
  readonly stopped: boolean;
}

const WIDEST_NAME = 48;

/** What `darkroom process` tells of its work. */
export class ProcessReport {
  readonly #report: StreamedReport<FileResult>;
  readonly #files: number;
  readonly #skipped: number;
  #bytesIn = 0;
  #bytesOut = 0;

  constructor(terminal: Terminal, jobs: readonly Job[], skipped: number) {
    this.#files = jobs.length;
    this.#skipped = skipped;
    const names = new Map(jobs.map(({ path, relativePath }) => [path, plain(relativePath)]));
    const nameOf = ({ input }: FileResult) => names.get(input) ?? plain(input);
    this.#report = new StreamedReport({
      terminal,
      total: jobs.length,
      columns: columnsFor([...names.values()]),
      cells: (result) => [nameOf(result), ...cellsOf(result)],
      nameOf,
    });
  }

  add(result: FileResult): void {
    this.#bytesIn += result.size;
    this.#bytesOut += bytesOut(result);
    this.#report.add(result);
  }

  end(wasStopped: boolean): Summary {
    const { done, failed } = this.#report;
    const facts = {
      files: this.#files,
      done,
      failed,
      skipped: this.#skipped,
      bytes_in: this.#bytesIn,
      bytes_out: this.#bytesOut,
      stopped: wasStopped,
    };
    return this.#report.end((durationMs) => {
      const summary = { ...facts, duration_ms: durationMs };
      return { summary, line: summaryLine(summary) };
    });
  }
}

function columnsFor(names: readonly string[]): SizedColumn[] {
  return [
    { title: 'photo', width: Math.max(5, widest(names, WIDEST_NAME)) },
    { title: 'in', align: 'right', width: 7 },
    { title: 'out', align: 'right', width: 7 },
    { title: 'saved', align: 'right', width: 7 },
    { title: 'ms', align: 'right', width: 6 },
    { title: 'status', width: 6 },
  ];
}

function cellsOf(result: FileResult): string[] {
  const out = bytesOut(result);
  const isDone = result.status === 'done';
  return [
    formatBytes(result.size),
    isDone ? formatBytes(out) : '-',
    isDone ? formatSaved(result.size, out) : '-',
    String(result.duration_ms),
    result.status,
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
