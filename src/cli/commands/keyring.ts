import { resolve } from 'node:path';
import type { Settings } from '../../config.ts';
import { type Call, defineCommand, type ExitCode, UsageError } from '../command.ts';
import { formatCount, plain } from '../text/format.ts';

export const keyringCommand = defineCommand({
  name: 'keyring',
  summary: 'look after the keys of encrypted data: status, verify, rotate, backup, restore',
  usage: [
    'keyring status [--json]',
    'keyring verify [--json]',
    'keyring rotate [--json]',
    'keyring backup <folder> [--json]',
    'keyring restore <folder> [--json]',
  ],
  details: `Encrypted data is lost for ever with its keyring (DARKROOM_KEYRING) or with its master key (DARKROOM_MASTER_KEY): keep a
mirror or backups of the one, and copies of the other, away from this machine. A service may be running meanwhile.
To change the master key: set DARKROOM_MASTER_KEY to new:...,old:..., restart the service, run "rotate", then leave out
the old one. "restore" takes keys over from a backup; those of images that were erased stay destroyed.`,
  operands: { least: 1, most: 2 },
  options: {},
  examples: [
    {
      command: 'darkroom keyring status',
      meaning: 'how many keys there are, and which master keys wrap them',
    },
    { command: 'darkroom keyring verify', meaning: 'unwrap every key; exit code 1 where one does not open' },
    { command: 'darkroom keyring backup /mnt/usb/keyring', meaning: 'a copy, into an empty folder' },
  ],
  async run({ operands: [action = '', folder], ...call }) {
    const verb = verbs[action];
    if (!verb) throw new UsageError(`keyring takes ${Object.keys(verbs).join(', ')}; got ${action}.`);
    if (verb.takesFolder !== (folder !== undefined)) {
      throw new UsageError(`keyring ${action} takes ${verb.takesFolder ? 'a folder' : 'no folder'}.`);
    }
    const { settings } = call.settings();
    const work = () => verb.run(settings, call, resolve(folder ?? ''));
    if (verb.recordedAs === undefined) return work();
    const { recordedLocally } = await import('../audit/record-locally.ts');
    return recordedLocally(settings, verb.recordedAs, work);
  },
});

interface Verb {
  readonly takesFolder: boolean;
  /** what the trail calls it, where it does more than look */
  readonly recordedAs?: `keyring.${'rotate' | 'backup' | 'restore'}`;
  run(settings: Settings, call: Pick<Call, 'terminal' | 'signal'>, folder: string): Promise<ExitCode>;
}

const verbs: Readonly<Record<string, Verb>> = {
  status: {
    takesFolder: false,
    run: (settings, { terminal }) =>
      withKeys(settings, async ({ keyring, parts, id }) => {
        const { keys, destroyed } = parts.file.counts();
        const faults = keyring.faults();
        terminal.document({ keyring: id, file: parts.file.path, keys, destroyed, faults });
        terminal.line(`keyring ${id} in ${plain(parts.file.path)}`);
        for (const [master, count] of Object.entries(keys)) {
          terminal.line(`${formatCount(count, 'key')} under master key ${plain(master)}`);
        }
        terminal.line(`${formatCount(destroyed, 'key')} destroyed`);
        for (const fault of faults) terminal.note(plain(fault));
        return faults.length > 0 ? 1 : 0;
      }),
  },
  verify: {
    takesFolder: false,
    run: (settings, { terminal, signal }) =>
      withKeys(settings, async ({ keyring, parts }) => {
        const { checkKeys } = await import('../../platform/embedded/keyring/keyring-tools.ts');
        const { keys, unusable } = await checkKeys(parts, signal);
        const faults = keyring.faults();
        terminal.document({ keys, unusable, faults });
        for (const fault of faults) terminal.note(plain(fault));
        terminal.line(`${formatCount(keys, 'key')}, ${unusable.length} of them not usable`);
        return unusable.length + faults.length > 0 ? 1 : 0;
      }),
  },
  rotate: {
    takesFolder: false,
    recordedAs: 'keyring.rotate',
    run: (settings, { terminal, signal }) =>
      withKeys(settings, async ({ keyring, parts }) => {
        const rewrapped = await keyring.rotate(signal);
        const { keys } = parts.file.counts();
        terminal.document({ rewrapped, keys });
        terminal.line(`${formatCount(rewrapped, 'key')} wrapped anew`);
        terminal.line('The other master keys are needed for copies of the keyring that were made before.');
        return 0;
      }),
  },
  backup: {
    takesFolder: true,
    recordedAs: 'keyring.backup',
    run: (settings, { terminal }, folder) =>
      withKeys(settings, async ({ parts }) => {
        const { backupKeyring } = await import('../../platform/embedded/keyring/keyring-tools.ts');
        await backupKeyring(parts, folder);
        terminal.document({ folder });
        terminal.line(`the keyring is copied to ${plain(folder)}; it is of no use without its master key`);
        return 0;
      }),
  },
  restore: {
    takesFolder: true,
    recordedAs: 'keyring.restore',
    async run(settings, { terminal }, folder) {
      const { restoreKeyring } = await import('../../platform/embedded/keyring/keyring-tools.ts');
      const report = await restoreKeyring(settings.dataDir, await encryptionOf(settings), folder);
      terminal.document(report);
      const { restored, images } = report;
      terminal.line(`${formatCount(restored, 'key')} taken over, for ${formatCount(images, 'image')} in all`);
      return 0;
    },
  },
};

type Use = Parameters<
  typeof import('../../platform/embedded/keyring/keyring-tools.ts').withKeyring<ExitCode>
>[2];

async function withKeys(settings: Settings, use: Use): Promise<ExitCode> {
  const { withKeyring } = await import('../../platform/embedded/keyring/keyring-tools.ts');
  return withKeyring(settings.dataDir, await encryptionOf(settings), use);
}

async function encryptionOf(settings: Settings) {
  const { encryptionFrom } = await import('../../platform/embedded/encryption-settings.ts');
  return encryptionFrom(settings);
}
