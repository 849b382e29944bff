import { COMMON_OPTIONS } from './arguments.ts';
import type { Command, OptionRows } from './command.ts';
import type { CommandGroup } from './commands.ts';
import type { Terminal } from './terminal.ts';

/** Help and messages write the short form. */
const CALLED = 'In a folder where Darkroom was installed with npm, write "npx darkroom" for "darkroom".';
const EXIT_CODES = 'Exit codes: 0 done, 1 some of the work failed, 2 wrong usage.';

/** `darkroom --help`: all verbs by what they work on. */
export function printOverview(groups: readonly CommandGroup[], terminal: Terminal): void {
  const all = groups.flatMap(({ commands }) => commands);
  terminal.document({ commands: all.map(described) });
  const heading = (text: string) => terminal.style('bold', text);
  const width = Math.max(...all.map(({ name }) => name.length));
  terminal.line('darkroom: an image pipeline that runs where you run it');
  terminal.line(`\n${heading('Usage')}\n  darkroom <command> [options]`);
  for (const { title, commands } of groups) {
    terminal.line(`\n${heading(title)}`);
    for (const { name, summary } of commands) terminal.line(`  ${name.padEnd(width)}  ${summary}`);
  }
  terminal.line(`\n${heading('Examples')}`);
  terminal.line('  darkroom serve                          start the service');
  terminal.line('  darkroom process photos --out web       pictures for the web, with no service');
  terminal.line('  darkroom upload photos --wait           send a folder and wait until all are ready');
  terminal.line('\nMore about one of them: darkroom help <command>');
  terminal.line(CALLED);
  terminal.line(EXIT_CODES);
}

/** `darkroom help <command>`. */
export function printHelp(command: Command, terminal: Terminal): void {
  terminal.document(described(command));
  const heading = (text: string) => terminal.style('bold', text);
  terminal.line(`${command.name}: ${command.summary}`);
  if (command.details) terminal.line(`\n${command.details}`);
  terminal.line(`\n${heading('Usage')}`);
  for (const usage of command.usage) terminal.line(`  darkroom ${usage}`);
  terminal.line(`\n${heading('Options')}`);
  terminal.lines(optionLines({ ...command.options, ...COMMON_OPTIONS }));
  terminal.line(`\n${heading('Examples')}`);
  for (const { command: example, meaning } of command.examples) {
    terminal.line(`  ${example}`);
    terminal.line(`      ${meaning}`);
  }
  terminal.line(`\n${CALLED}`);
  terminal.line(EXIT_CODES);
}

function optionLines(rows: OptionRows): string[] {
  const named = Object.entries(rows).map(([name, { short, value, meaning }]) => ({
    flags: `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`,
    meaning,
  }));
  const width = Math.max(...named.map(({ flags }) => flags.length));
  return named.map(({ flags, meaning }) => `  ${flags.padEnd(width)}  ${meaning}`);
}

function described({ name, summary, usage, options, examples }: Command) {
  const rows = Object.entries({ ...options, ...COMMON_OPTIONS } as OptionRows);
  return {
    name,
    summary,
    usage: usage.map((line) => `darkroom ${line}`),
    options: rows.map(([option, { type, short, multiple, value, meaning }]) => ({
      name: option,
      type,
      short,
      multiple,
      value,
      meaning,
    })),
    examples,
  };
}
