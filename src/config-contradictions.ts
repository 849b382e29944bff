import { relative } from 'node:path';
import { type Settings, settingsTable } from './config.ts';
import { kafkaFaults } from './config-kafka.ts';
import type { SettingFault } from './config-reading.ts';

/** Values that are each right and wrong together. */
export function contradictionsIn(settings: Settings): SettingFault[] {
  const { dataDir, inboxDir, maxDirectUploadBytes, maxUploadBytes } = settings;
  const faults: SettingFault[] = [];
  if (maxDirectUploadBytes > maxUploadBytes) {
    faults.push({
      setting: settingsTable.maxDirectUploadBytes.variable,
      expected: `no more than ${settingsTable.maxUploadBytes.variable}, which is ${bytesShown(maxUploadBytes)}: set ${settingsTable.maxDirectUploadBytes.variable} to less, or ${settingsTable.maxUploadBytes.variable} to more`,
      got: bytesShown(maxDirectUploadBytes),
    });
  }
  if ((settings.oidcIssuer === undefined) !== (settings.oidcAudience === undefined)) {
    faults.push({
      setting: settingsTable.oidcAudience.variable,
      expected: `to be set together with ${settingsTable.oidcIssuer.variable}: tokens for others must not open this`,
      got: 'only one of the two',
    });
  }
  if (settings.smtpUrl !== undefined && settings.smtpUrlFile !== undefined) {
    faults.push({
      setting: settingsTable.smtpUrlFile.variable,
      expected: `not to be set together with ${settingsTable.smtpUrl.variable}`,
      got: 'both',
    });
  }
  if (inboxDir !== undefined && isWithin(dataDir, inboxDir)) {
    faults.push({
      setting: settingsTable.inboxDir.variable,
      expected: `a folder that does not hold ${settingsTable.dataDir.variable}, ${JSON.stringify(dataDir)}`,
      got: JSON.stringify(inboxDir),
    });
  }
  faults.push(...roleFaults(settings), ...keyringFaults(settings), ...kafkaFaults(settings));
  return faults;
}

/** Links in records are of the API, which another process serves. */
function roleFaults({ roles, publicUrl }: Settings): SettingFault[] {
  if (roles.includes('api') || publicUrl !== undefined) return [];
  return [
    {
      setting: settingsTable.publicUrl.variable,
      expected: `to be set where ${settingsTable.roles.variable} leaves out api: links in records begin with it`,
      got: 'nothing',
    },
  ];
}

/** A backup or a copy of the data must not take the keys along, and a second place is another one. */
function keyringFaults({ dataDir, keyringDir, keyringMirrorDir }: Settings): SettingFault[] {
  const { keyringDir: first, keyringMirrorDir: second } = settingsTable;
  const places = [
    { row: first, path: keyringDir },
    { row: second, path: keyringMirrorDir },
  ];
  const faults: SettingFault[] = [];
  for (const { row, path } of places) {
    if (path === undefined || !isWithin(path, dataDir)) continue;
    const expected = `a folder outside ${settingsTable.dataDir.variable}, ${JSON.stringify(dataDir)}`;
    faults.push({ setting: row.variable, expected, got: JSON.stringify(path) });
  }
  if (keyringMirrorDir !== undefined && keyringMirrorDir === keyringDir) {
    const expected = `another folder than ${first.variable}`;
    faults.push({ setting: second.variable, expected, got: JSON.stringify(keyringMirrorDir) });
  }
  return faults;
}

function bytesShown(size: number): string {
  return settingsTable.maxUploadBytes.show(size);
}

function isWithin(path: string, folderPath: string): boolean {
  const way = relative(folderPath, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}
