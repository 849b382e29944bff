import type { Logger } from 'pino';
import type { SinksToTell } from './relay.ts';
import type { SinkLines } from './sink-lines.ts';
import { type SinkRunnerDeps, startSinkRunner } from './sink-runner.ts';

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
  stop(): Promise<void>;
}

/** Serves the lines of all sinks that are configured. */
export function startSinks(
  { lines, log }: { lines: SinkLines; log: Pick<Logger, 'error' | 'info'> },
  sinks: readonly Sink[],
): Sinks {
  const runners = sinks.map(({ name: sink, close: _, ...rest }) =>
    startSinkRunner({ ...rest, sink, lines, log }),
  );
  return {
    toTell: {
      lines,
      names: sinks.map(({ name }) => name),
      wake() {
        for (const runner of runners) runner.wake();
      },
    },
    async stop() {
      await Promise.all(runners.map((runner) => runner.stop()));
      await Promise.all(sinks.map((sink) => sink.close?.()));
    },
  };
}
