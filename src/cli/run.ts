import type { Environment } from '../config-reading.ts';
import { didYouMean } from '../did-you-mean.ts';
import { readSettings } from '../read-settings.ts';
import { parseArguments } from './arguments.ts';
import { type Command, type ExitCode, UsageError } from './command.ts';
import { commandGroups, commandsByName } from './commands.ts';
import { reportFault } from './faults.ts';
import { printHelp, printOverview } from './help.ts';
import { ReaderGone } from './interrupt.ts';
import { Terminal } from './terminal.ts';

export interface Invocation {
  /** without the program's own name */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly out: Terminal['out'];
  readonly err: Terminal['err'];
  /** aborts when the person wants to stop */
  readonly signal: AbortSignal;
}

/** Runs one invocation of `darkroom` and answers its exit code. Never throws. */
export async function runCli(invocation: Invocation): Promise<ExitCode> {
  const { argv, out, err, signal } = invocation;
  const beforeOperands = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const terminal = new Terminal({ out, err, json: beforeOperands.includes('--json') });
  try {
    return await dispatch(invocation, terminal);
  } catch (error) {
    if (signal.reason instanceof ReaderGone) return 0;
    return reportFault(error, { terminal, verb: argv[0], wasStopped: signal.aborted });
  }
}

const VERSION = new Set(['--version', '-V', '-v', 'version']);

async function dispatch({ argv, env, signal }: Invocation, terminal: Terminal): Promise<ExitCode> {
  const [verb, ...rest] = argv.filter((word, index) => !(word === '--json' && index === 0));
  if (verb === undefined) {
    printOverview(commandGroups, terminal);
    return 2;
  }
  if (verb === '--help' || verb === '-h' || verb === 'help') return help(rest, terminal);
  if (VERSION.has(verb)) return version(terminal);

  const command = commandNamed(verb);
  const { options, common, operands } = parseArguments(command, rest);
  if (common.help) {
    printHelp(command, terminal);
    return 0;
  }
  const settings = () => readSettings({ env, ...(common.config ? { configFile: common.config } : {}) });
  return command.run({ options, operands, terminal, signal, settings });
}

function help(words: readonly string[], terminal: Terminal): ExitCode {
  const [verb] = words.filter((word) => !word.startsWith('-'));
  if (verb === undefined) printOverview(commandGroups, terminal);
  else printHelp(commandNamed(verb), terminal);
  return 0;
}

async function version(terminal: Terminal): Promise<ExitCode> {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  terminal.document({ version: manifest.version, node: process.versions.node });
  terminal.line(manifest.version);
  return 0;
}

function commandNamed(verb: string): Command {
  const command = commandsByName.get(verb);
  if (command) return command;
  const meant = didYouMean(verb, commandsByName.keys());
  throw new UsageError(
    `There is no command ${JSON.stringify(verb)}.${meant ? ` Did you mean "darkroom ${meant}"?` : ''}`,
  );
}
