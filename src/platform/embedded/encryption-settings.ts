import type { MasterKey } from '../../images/keyring.ts';
import { type KeyringSettings, keyringBeside } from './keyring/open-keyring.ts';

/** Where keys are and what opens them, as the settings say it. */
export function encryptionFrom(settings: {
  readonly dataDir: string;
  readonly masterKeys: readonly MasterKey[] | undefined;
  readonly keyringDir: string | undefined;
  readonly keyringMirrorDir: string | undefined;
}): KeyringSettings {
  const { dataDir, masterKeys = [], keyringDir, keyringMirrorDir: mirror } = settings;
  const folder = keyringDir ?? keyringBeside(dataDir);
  return { masterKeys, folder, ...(mirror !== undefined && { mirror }) };
}
