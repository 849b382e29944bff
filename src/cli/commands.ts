import type { Command } from './command.ts';
import { auditCommand } from './commands/audit.ts';
import { backupCommand } from './commands/backup.ts';
import { configCommand } from './commands/config.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { doctorCommand } from './commands/doctor.ts';
import { getCommand } from './commands/get.ts';
import { kafkaCommand } from './commands/kafka.ts';
import { keyringCommand } from './commands/keyring.ts';
import { keysCommand } from './commands/keys.ts';
import { lsCommand } from './commands/ls.ts';
import { mailCommand } from './commands/mail.ts';
import { ownerLinkCommand } from './commands/owner-link.ts';
import { pipelinesCommand } from './commands/pipelines.ts';
import { processCommand } from './commands/process.ts';
import { receiptCommand } from './commands/receipt.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { restoreCommand } from './commands/restore.ts';
import { rmCommand } from './commands/rm.ts';
import { sealCommand } from './commands/seal.ts';
import { serveCommand } from './commands/serve.ts';
import { showCommand } from './commands/show.ts';
import { sweepCommand } from './commands/sweep.ts';
import { tableCommand } from './commands/table.ts';
import { tenantCommand } from './commands/tenant.ts';
import { uploadCommand } from './commands/upload.ts';
import { usersCommand } from './commands/users.ts';
import { verifyCommand } from './commands/verify.ts';
import { webhooksCommand } from './commands/webhooks.ts';

/** Verbs that work on the same thing, in the order of the overview. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export const commandGroups: readonly CommandGroup[] = [
  { title: 'The service', commands: [serveCommand, ownerLinkCommand, mailCommand] },
  { title: 'Pictures, with no service', commands: [processCommand] },
  {
    title: 'Images of a server (DARKROOM_URL, DARKROOM_API_KEY)',
    commands: [
      uploadCommand,
      lsCommand,
      showCommand,
      getCommand,
      rmCommand,
      pipelinesCommand,
      deadLettersCommand,
      tenantCommand,
      keysCommand,
      usersCommand,
      webhooksCommand,
    ],
  },
  {
    title: 'Data on this machine (DARKROOM_DATA)',
    commands: [
      sweepCommand,
      reconcileCommand,
      verifyCommand,
      auditCommand,
      receiptCommand,
      backupCommand,
      restoreCommand,
      kafkaCommand,
      keyringCommand,
      sealCommand,
    ],
  },
  { title: 'This installation', commands: [configCommand, doctorCommand, tableCommand] },
];

export const commandsByName: ReadonlyMap<string, Command> = new Map(
  commandGroups.flatMap(({ commands }) => commands.map((command) => [command.name, command] as const)),
);
