import type { Command } from './command.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { processCommand } from './commands/process.ts';
import { serveCommand } from './commands/serve.ts';

/** Verbs that work on the same thing, in the order of the overview. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export const commandGroups: readonly CommandGroup[] = [
  { title: 'The service', commands: [serveCommand] },
  { title: 'Pictures, with no service', commands: [processCommand] },
  { title: 'This installation', commands: [configCommand, doctorCommand] },
];

export const commandsByName: ReadonlyMap<string, Command> = new Map(
  commandGroups.flatMap(({ commands }) => commands.map((command) => [command.name, command] as const)),
);
