import { describeFault, type Fault } from '../describe-fault.ts';
import { StreamedReport } from '../streamed-report.ts';
import type { Terminal } from '../terminal.ts';
import { formatBytes, formatCount, formatDuration, plain } from '../text/format.ts';
import { type SizedColumn, widest } from '../text/table.ts';
import { type RemoteRecord, settledRecord } from './records.ts';
import type { Remote } from './remote.ts';
import { type UploadJob, upload, type Way } from './upload.ts';

/** What became of one file; as `--json` prints it. */
interface UploadResult {
  readonly input: string;
  /** bytes */
  readonly size: number;
  readonly way: Way;
  readonly duration_ms: number;
  readonly image_id: string | null;
  /** of the image; `not_sent` where there is none */
  readonly status: string;
  readonly record?: RemoteRecord;
  readonly error?: Fault;
}

export interface UploadPlan {
  readonly remote: Remote;
  readonly terminal: Terminal;
  /** until each image is ready, or will never be */
  readonly wait: boolean;
  wayFor(job: UploadJob): Way;
}

export interface UploadSummary {
  readonly files: number;
  readonly sent: number;
  readonly failed: number;
  /** of what was sent */
  readonly bytes: number;
  readonly duration_ms: number;
  readonly stopped: boolean;
}

/** Enough that the server does not wait for the line, few enough that a weak line is not shared by many. */
const AT_ONCE = 6;
const WIDEST_NAME = 48;

/**
 * Sends all files, telling of each when it is done. One that fails does not keep the others.
 * @throws RemoteProblem where there is no server, or the key is not its: then nothing is sent
 */
export async function uploadAll(jobs: readonly UploadJob[], plan: UploadPlan): Promise<UploadSummary> {
  const { remote, terminal } = plan;
  await remote.request('GET', '/v1/images', { query: [['limit', '1']] }).then(({ body }) => body?.cancel());
  const report = new StreamedReport<UploadResult>({
    terminal,
    total: jobs.length,
    columns: columnsFor(jobs),
    cells: cellsOf,
    nameOf: ({ input }) => plain(input),
  });
  const sent = { count: 0, bytes: 0 };
  const waiting = jobs[Symbol.iterator]();
  const work = async () => {
    for (const job of waiting) {
      const result = await uploadOne(job, plan);
      if (result.image_id !== null) {
        sent.count += 1;
        sent.bytes += result.size;
      }
      if (!remote.signal.aborted || result.image_id !== null) report.add(result);
      if (remote.signal.aborted) return;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return report.end((duration_ms) => {
    const stopped = remote.signal.aborted;
    const facts = { files: jobs.length, sent: sent.count, failed: report.failed, bytes: sent.bytes };
    const summary = { ...facts, duration_ms, stopped };
    return { summary, line: summaryLine(summary) };
  });
}

async function uploadOne(job: UploadJob, { remote, wait, wayFor }: UploadPlan): Promise<UploadResult> {
  const startedAt = performance.now();
  const way = wayFor(job);
  let record: RemoteRecord | undefined;
  const result = (fault?: Fault): UploadResult => ({
    input: job.path,
    size: job.size,
    way,
    duration_ms: Math.round(performance.now() - startedAt),
    image_id: record?.image_id ?? null,
    status: record?.status ?? 'not_sent',
    ...(record === undefined ? {} : { record }),
    ...(fault === undefined ? {} : { error: fault }),
  });
  try {
    record = await upload(remote, job, way);
    if (wait) record = await settledRecord(remote, record.image_id);
    return result(record.error);
  } catch (error) {
    return result(remote.signal.aborted ? undefined : describeFault(error));
  }
}

function columnsFor(jobs: readonly UploadJob[]): SizedColumn[] {
  const names = jobs.map(({ filename }) => plain(filename));
  return [
    { title: 'photo', width: Math.max(5, widest(names, WIDEST_NAME)) },
    { title: 'size', align: 'right', width: 7 },
    { title: 'ms', align: 'right', width: 6 },
    { title: 'status', width: 10 },
    { title: 'image', width: 36 },
  ];
}

function cellsOf({ input, size, duration_ms, status, image_id }: UploadResult): string[] {
  const name = input.slice(input.lastIndexOf('/') + 1);
  return [plain(name), formatBytes(size), String(duration_ms), status, image_id ?? '-'];
}

function summaryLine({ files, sent, failed, bytes, duration_ms, stopped }: UploadSummary): string {
  const parts = [
    `${sent} of ${formatCount(files, 'file')} sent`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped ? ['stopped before the end'] : []),
    formatBytes(bytes),
    formatDuration(duration_ms),
  ];
  return parts.join('; ');
}
