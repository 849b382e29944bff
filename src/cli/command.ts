import type { SettingsRead } from '../read-settings.ts';
import type { Terminal } from './terminal.ts';

/** 0 done, 1 some of the work failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

export interface OptionRow {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** what stands for the value in the help: `DIR` */
  readonly value?: string;
  readonly meaning: string;
}

export type OptionRows = Readonly<Record<string, OptionRow>>;

type ValueOf<Row extends OptionRow> = Row extends { type: 'boolean' }
  ? boolean
  : Row extends { multiple: true }
    ? readonly string[]
    : string;

export type OptionValues<Rows extends OptionRows> = { readonly [Name in keyof Rows]?: ValueOf<Rows[Name]> };

/** One verb of the command line: a row of the table from which help is printed and arguments are parsed. */
export interface Command<Rows extends OptionRows = OptionRows> {
  readonly name: string;
  readonly summary: string;
  /** what may follow `darkroom `, one line for each form */
  readonly usage: readonly string[];
  /** more than the summary says, where there is more to know */
  readonly details?: string;
  /** how many operands it takes */
  readonly operands: { readonly least: number; readonly most: number };
  readonly options: Rows;
  readonly examples: readonly { readonly command: string; readonly meaning: string }[];
  run(call: Call<Rows>): Promise<ExitCode>;
}

export interface Call<Rows extends OptionRows = OptionRows> {
  readonly options: OptionValues<Rows>;
  readonly operands: readonly string[];
  readonly terminal: Terminal;
  /** aborts on the first SIGINT or SIGTERM */
  readonly signal: AbortSignal;
  /** @throws Failure `invalid_settings` */
  settings(): SettingsRead;
}

/** Keeps the types of the options inside, where the command is written, and forgets them outside. */
export function defineCommand<const Rows extends OptionRows>(command: Command<Rows>): Command {
  return command as Command;
}

/** The command was called in a way it does not understand: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
