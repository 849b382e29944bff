import type { Logger } from 'pino';
import type { SinksToTell } from './relay.ts';
import type { SinkLines } from './sink-lines.ts';
import { type SinkRunner, type SinkRunnerDeps, startSinkRunner } from './sink-runner.ts';

/** A place outside that is told of what happens to images. */
export interface Sink extends Pick<SinkRunnerDeps, 'deliver' | 'batch'> {
  /** of its line; stable across releases */
  readonly name: string;
  /** Lets go of connections, after the last `deliver`. */
  close?(): Promise<void>;
}

export interface Sinks {
  /** for the relay */
  readonly toTell: SinksToTell;
  /** Serves the lines of all sinks; of several processes, let one do it. It may be started again. */
  start(): { stop(): Promise<void> };
  /** Lets go of connections, once nothing runs any more. */
  close(): Promise<void>;
}

export function createSinks(
  { lines, log }: { lines: SinkLines; log: Pick<Logger, 'error' | 'info'> },
  sinks: readonly Sink[],
): Sinks {
  let runners: readonly SinkRunner[] = [];
  return {
    toTell: {
      lines,
      names: sinks.map(({ name }) => name),
      wake() {
        for (const runner of runners) runner.wake();
      },
    },
    start() {
      const started = sinks.map(({ name: sink, close: _, ...rest }) =>
        startSinkRunner({ ...rest, sink, lines, log }),
      );
      runners = started;
      return {
        async stop() {
          await Promise.all(started.map((runner) => runner.stop()));
        },
      };
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close?.()));
    },
  };
}
