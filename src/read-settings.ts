import { type SettingName, type Settings, settingsTable } from './config.ts';
import { contradictionsIn } from './config-contradictions.ts';
import {
  CONFIG_VARIABLE,
  type Environment,
  environmentSource,
  fileSource,
  type Origin,
  readSetting,
  type Setting,
  type SettingFault,
  type Source,
  unknownSettings,
} from './config-reading.ts';
import { Failure } from './failures.ts';

export interface SettingsRead {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

/**
 * Reads every setting, from the environment first, then from the JSON file that `configFile` (or else
 * DARKROOM_CONFIG) names, else its default.
 *
 * @throws Failure `invalid_settings` that lists all faults, also as `extra.faults`
 */
export function readSettings({ env, configFile }: { env: Environment; configFile?: string }): SettingsRead {
  const faults: SettingFault[] = [];
  const sources: Source[] = [environmentSource(env)];
  const path = configFile ?? env[CONFIG_VARIABLE];
  if (path) collect(fileSource(path), sources, faults);

  const rows = Object.entries(settingsTable) as [SettingName, Setting][];
  for (const source of sources)
    faults.push(
      ...unknownSettings(
        source,
        rows.map(([, row]) => row),
      ),
    );

  const values: Partial<Record<SettingName, unknown>> = {};
  const origins: Partial<Record<SettingName, Origin>> = {};
  for (const [name, row] of rows) {
    const read = readSetting(row, sources);
    if ('expected' in read) faults.push(read);
    else [values[name], origins[name]] = [read.value, read.origin];
  }
  if (faults.length > 0) throw invalidSettings(faults);
  const settings = values as Settings;
  const contradictions = contradictionsIn(settings);
  if (contradictions.length > 0) throw invalidSettings(contradictions);
  return { settings, origins: origins as Record<SettingName, Origin> };
}

/**
 * The settings with other roles.
 *
 * @param text as in DARKROOM_ROLES
 * @throws Failure `invalid_settings`
 */
export function withRoles(settings: Settings, text: string): Settings {
  const roles = settingsTable.roles.parse(text, '.');
  if (roles === undefined) {
    throw invalidSettings([
      { setting: '--roles', expected: settingsTable.roles.expects, got: JSON.stringify(text) },
    ]);
  }
  const changed = { ...settings, roles };
  const contradictions = contradictionsIn(changed);
  if (contradictions.length > 0) throw invalidSettings(contradictions);
  return changed;
}

function collect(source: Source | SettingFault, sources: Source[], faults: SettingFault[]): void {
  if ('expected' in source) faults.push(source);
  else sources.push(source);
}

function invalidSettings(faults: readonly SettingFault[]): Failure {
  const lines = faults.map(({ setting, expected, got }) => `${setting}: expected ${expected}; got ${got}`);
  const count = faults.length === 1 ? 'A setting is' : `${faults.length} settings are`;
  return new Failure(
    'invalid_settings',
    `${count} not valid:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    {
      extra: { faults },
    },
  );
}
