import { Failure, toFailure } from '../failures.ts';
import { type ExitCode, UsageError } from './command.ts';
import { commandsByName } from './commands.ts';
import { RemoteProblem } from './remote/problem.ts';
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
  if (error instanceof RemoteProblem) {
    const { code, message, status, requestId } = error;
    return report(terminal, { code, message, status, ...(requestId ? { request_id: requestId } : {}) }, 1);
  }
  return reportFailure(terminal, error);
}

/** What stops the whole of a command: ours, or a setting. */
function reportFailure(terminal: Terminal, error: unknown): ExitCode {
  const system = error as NodeJS.ErrnoException;
  if (!(error instanceof Failure) && typeof system?.code === 'string' && system.syscall) {
    return report(terminal, { code: system.code.toLowerCase(), message: system.message }, 1);
  }
  const failure = toFailure(error);
  if (failure.code === 'internal') {
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const exitCode = failure.code === 'invalid_settings' ? 2 : 1;
  return report(terminal, { code: failure.code, message: failure.message, ...failure.extra }, exitCode);
}

interface Fault {
  readonly code: string;
  readonly message: string;
  readonly [more: string]: unknown;
}

function report(terminal: Terminal, fault: Fault, exitCode: ExitCode): ExitCode {
  const words = fault.message.split('\n').map(plain).join('\n');
  const request = typeof fault.request_id === 'string' ? `, request ${plain(fault.request_id)}` : '';
  terminal.note(`${terminal.noteStyle('red', 'darkroom:')} ${words} (${plain(fault.code)}${request})`);
  terminal.document({ error: fault });
  return exitCode;
}
