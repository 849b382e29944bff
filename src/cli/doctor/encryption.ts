import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Check, failed, ok, warning } from './check.ts';
import { fileSystemOf } from './file-system.ts';

/** Whether what is stored is encrypted, and whether its keys are where they last. */
export const encryptionChecks: readonly Check[] = [
  {
    name: 'encryption',
    mend: 'set DARKROOM_MASTER_KEY and DARKROOM_KEYRING to what the data was encrypted with',
    async look(settings) {
      const { encryptionFrom } = await import('../../platform/embedded/encryption-settings.ts');
      const { keyringIdIn } = await import('../../platform/embedded/keyring/keyring-file.ts');
      const { dataFolder } = await import('../../platform/embedded/data-folder.ts');
      const encryption = encryptionFrom(settings);
      if (existsSync(dataFolder(settings.dataDir).database)) return lookAtKeys(settings.dataDir, encryption);
      if (encryption.masterKeys.length === 0) return ok('off: DARKROOM_MASTER_KEY is not set');
      return ok(
        `on, with ${keyringIdIn(encryption.folder) ? 'the' : 'a new'} keyring in ${encryption.folder}`,
      );
    },
  },
  {
    name: 'keyring folder',
    mend: 'set DARKROOM_KEYRING to a folder on a disk that lasts as long as the data',
    async look(settings) {
      if (!settings.masterKeys) return ok('none is needed');
      const { encryptionFrom } = await import('../../platform/embedded/encryption-settings.ts');
      const { folder } = encryptionFrom(settings);
      const [keys, data] = await Promise.all([folder, settings.dataDir].map(onExisting));
      const fleeting = ['memory', 'container'];
      if (keys && fleeting.includes(keys.durability) && keys.durability !== data?.durability) {
        const mend =
          'mount a volume and set DARKROOM_KEYRING to a folder in it: without its keys the data is lost';
        return failed(`${folder} lies on ${keys.type}, which is gone with its container or machine`, mend);
      }
      if (settings.keyringMirrorDir !== undefined) return ok(`${folder}, mirrored`);
      return warning(
        `${folder}, in one place only`,
        'set DARKROOM_KEYRING_MIRROR to a folder on another disk, or run "darkroom keyring backup" every day',
      );
    },
  },
];

async function lookAtKeys(
  dataDir: string,
  encryption: Parameters<typeof import('../../platform/embedded/keyring/keyring-tools.ts').withKeyring>[1],
) {
  const { keyringFaults } = await import('../../platform/embedded/keyring/keyring-tools.ts');
  const faults = await keyringFaults(dataDir, encryption);
  if (!faults) return ok('off: DARKROOM_MASTER_KEY is not set');
  const mend = 'set DARKROOM_MASTER_KEY and DARKROOM_KEYRING to what the data was encrypted with';
  return faults.length > 0 ? failed(faults.join('; '), mend) : ok('on, and every master key is there');
}

function onExisting(path: string): ReturnType<typeof fileSystemOf> {
  return existsSync(path) || dirname(path) === path ? fileSystemOf(path) : onExisting(dirname(path));
}
