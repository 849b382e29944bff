import { isFailure } from '../failures.ts';
import { type ExitCode, UsageError } from './command.ts';
import { commandsByName } from './commands.ts';
import { describeFault, type Fault } from './describe-fault.ts';
import type { Terminal } from './terminal.ts';
import { plain } from './text/format.ts';

/** Says what went wrong, in words on standard error and with `--json` as the document, and answers the exit code. */
export function reportFault(
  error: unknown,
  { terminal, verb, wasStopped }: { terminal: Terminal; verb: string | undefined; wasStopped: boolean },
): ExitCode {
  if (wasStopped) return report(terminal, { code: 'stopped', message: 'Stopped before the end.' }, 1);
  if (error instanceof UsageError) {
    const help = verb !== undefined && commandsByName.has(verb) ? `darkroom help ${verb}` : 'darkroom --help';
    return report(terminal, { code: 'usage', message: `${error.message}\nSee: ${help}` }, 2);
  }
  const fault = describeFault(error);
  if (fault.code === 'internal' && error instanceof Error) terminal.note(error.stack ?? '');
  return report(terminal, fault, isFailure(error, 'invalid_settings') ? 2 : 1);
}

function report(terminal: Terminal, fault: Fault, exitCode: ExitCode): ExitCode {
  const words = fault.message.split('\n').map(plain).join('\n');
  const request = typeof fault.request_id === 'string' ? `, request ${plain(fault.request_id)}` : '';
  terminal.note(`${terminal.noteStyle('red', 'darkroom:')} ${words} (${plain(fault.code)}${request})`);
  terminal.document({ error: fault });
  return exitCode;
}
