import type { Settings } from '../../config.ts';
import { parseDuration } from '../../config-units.ts';
import type { Mark, PartitionLag, ReadingRange } from '../../intake/kafka/broker.ts';
import type { ReplayReport } from '../../intake/kafka/replay.ts';
import { pickAction } from '../actions.ts';
import { type Call, defineCommand, type ExitCode, UsageError } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';
import { formatTable } from '../text/table.ts';

const options = {
  from: { type: 'string', value: 'MARK', meaning: 'where replay begins: an offset, a time, or how long ago' },
  to: { type: 'string', value: 'MARK', meaning: 'where it ends, exclusive; what is there now without it' },
  topic: {
    type: 'string',
    value: 'NAME',
    meaning: 'one topic instead of all; also that of the dead letters',
  },
  partition: { type: 'string', value: 'NUMBER', meaning: 'one partition instead of all' },
  again: { type: 'boolean', meaning: 'make a new image also where a message has one already' },
} as const;
type KafkaCall = Call<typeof options>;

export const kafkaCommand = defineCommand({
  name: 'kafka',
  summary: 'how far the consumer group is behind; read messages once more',
  usage: [
    'kafka [lag] [--json]',
    'kafka replay --from MARK [--to MARK] [--topic NAME] [--partition NUMBER] [--again] [--json]',
  ],
  details: `A MARK is an offset such as 1200, a time such as 2026-11-01T08:00:00Z, how long ago such as 2h or 7d, or "oldest".
Replay works on the data of this machine (DARKROOM_DATA), with the service running or not, and leaves the place of the
consumer group as it is. A message that is an image already makes no second one, unless --again says so.`,
  operands: { least: 0, most: 1 },
  options,
  examples: [
    { command: 'darkroom kafka lag', meaning: 'messages that wait, partition by partition' },
    { command: 'darkroom kafka replay --from 2h', meaning: 'what was written in the last two hours' },
    {
      command: 'darkroom kafka replay --topic darkroom.dead-letters --from oldest',
      meaning: 'try the dead letters again, after their reason was mended',
    },
  ],
  async run(call) {
    const { action } = pickAction(call.operands, ['lag', 'replay']);
    return action === 'lag' ? await showLag(call) : await runReplay(call);
  },
});

async function showLag({ options: given, terminal, settings: read }: KafkaCall): Promise<ExitCode> {
  if (Object.keys(given).length > 0) throw new UsageError('lag takes none of the options of replay.');
  const { settings } = read();
  const broker = await brokerOf(settings);
  const lags = await broker.lag(topicsOf(settings));
  const partitions = lags.map(({ first, end, committed, lag, ...place }) => ({
    ...place,
    first: Number(first),
    end: Number(end),
    committed: committed === undefined ? null : Number(committed),
    lag: Number(lag),
  }));
  const total = partitions.reduce((sum, { lag }) => sum + lag, 0);
  terminal.document({ group: settings.kafkaGroup, lag: total, partitions });
  terminal.lines(tableOf(lags));
  terminal.line(`${formatCount(total, 'message')} wait for the group ${settings.kafkaGroup}`);
  return 0;
}

function tableOf(lags: readonly PartitionLag[]): string[] {
  const columns = ['topic', 'partition', 'oldest', 'end', 'read', 'waiting'].map((title) => ({ title }));
  const rows = lags.map(({ topic, partition, first, end, committed, lag }) =>
    [plain(topic), partition, first, end, committed ?? '-', lag].map(String),
  );
  return formatTable(columns, rows);
}

async function runReplay({ options: given, terminal, signal, settings: read }: KafkaCall): Promise<ExitCode> {
  const range = rangeOf(given);
  const { settings } = read();
  const topics = given.topic === undefined ? topicsOf(settings) : [given.topic];
  const [broker, { withData }, { toolIntake }, { kafkaTaking }, { replay }, { CountNote }] =
    await Promise.all([
      brokerOf(settings),
      import('../data.ts'),
      import('../tool-intake.ts'),
      import('../../service/kafka.ts'),
      import('../../intake/kafka/replay.ts'),
      import('../text/count-note.ts'),
    ]);
  const note = new CountNote(terminal.err);
  const log = noteLog((text) => terminal.note(plain(text)));
  const reports: ReplayReport[] = [];
  await withData(settings, async (platform) => {
    const deps = { ...kafkaTaking(settings), intake: toolIntake(settings, platform), broker, log };
    for (const topic of topics) {
      const onProgress = ({ read: count }: ReplayReport) =>
        note.show(`${formatCount(count, 'message')} read`);
      const taking = { ...deps, bytesInFlight: settings.kafkaInFlightBytes };
      reports.push(
        await replay(taking, { ...range, topic, again: given.again ?? false, signal, onProgress }),
      );
    }
  }).finally(() => note.end());
  return conclude(terminal, reports);
}

function conclude(terminal: KafkaCall['terminal'], reports: readonly ReplayReport[]): ExitCode {
  const sum = (of: (report: ReplayReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const refused = reports.flatMap((report) => report.refused);
  const [read, taken, repeated] = [
    sum((one) => one.read),
    sum((one) => one.taken),
    sum((one) => one.repeated),
  ];
  terminal.document({ read, taken, repeated, dropped: sum((one) => one.dropped), refused });
  for (const { topic, partition, offset, code, message } of refused)
    terminal.note(`${plain(topic)}:${partition} ${offset}: ${plain(message)} (${plain(code)})`);
  terminal.line(
    `${formatCount(read, 'message')} read: ${taken} became images, ${repeated} were images already, ${refused.length} refused`,
  );
  return refused.length > 0 ? 1 : 0;
}

function rangeOf({ from, to, partition }: KafkaCall['options']): Omit<ReadingRange, 'topic'> {
  if (from === undefined) throw new UsageError('Say where to begin: --from 2h, or --from oldest for all.');
  if (partition !== undefined && !/^\d{1,6}$/.test(partition))
    throw new UsageError(`--partition must be a number; got ${JSON.stringify(partition)}.`);
  return {
    from: markOf(from),
    ...(to !== undefined && { to: markOf(to) }),
    ...(partition !== undefined && { partition: Number(partition) }),
  };
}

function markOf(text: string): Mark {
  if (text === 'oldest') return { offset: 0n };
  if (/^\d{1,19}$/.test(text)) return { offset: BigInt(text) };
  const ago = parseDuration(text);
  if (ago !== undefined) return { time: Date.now() - ago };
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new UsageError(
      `${JSON.stringify(text)} is no mark: an offset, a time such as 2026-11-01T08:00:00Z, how long ago such as 2h, or oldest.`,
    );
  }
  return { time };
}

function topicsOf({ kafkaTopics = [] }: Settings): string[] {
  if (kafkaTopics.length === 0) throw new UsageError('No topics are named. Set DARKROOM_KAFKA_TOPICS.');
  return kafkaTopics.map(({ topic }) => topic);
}

async function brokerOf(settings: Settings) {
  const [{ openKafka }, { pino }] = await Promise.all([import('../../service/kafka.ts'), import('pino')]);
  return await openKafka(settings, pino({ level: 'silent' }));
}

/** What a replay waits for is said as it happens: a full disk would look like a standstill. */
function noteLog(say: (text: string) => void) {
  return {
    info() {},
    warn(details: object, message: string) {
      const { topic, partition, offset, code } = details as Record<string, unknown>;
      say(`${topic}:${partition} ${offset}: ${message} (${code})`);
    },
  };
}
