import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Kind } from './config-kinds.ts';
import { didYouMean } from './did-you-mean.ts';

/** One setting. Its key in the configuration file is its variable in lower case, without the prefix. */
export interface Setting<T = unknown> extends Kind<T> {
  readonly variable: `DARKROOM_${string}`;
  /** as a person would write it; without one, the setting may be left out */
  readonly fallback?: string | (() => string);
  /** where the fallback is not a constant: what it is, in words */
  readonly fallbackMeaning?: string;
  readonly meaning: string;
  /** its value is never shown */
  readonly isSecret?: boolean;
}

export type Origin = 'default' | 'environment' | 'file';

/** What is wrong with one setting, never with the value of a secret. */
export interface SettingFault {
  /** as the person wrote it: the variable, or the key and the file */
  readonly setting: string;
  readonly expected: string;
  readonly got: string;
}

export interface Source {
  readonly origin: Exclude<Origin, 'default'>;
  /** relative paths start here */
  readonly baseDir: string;
  /** by variable */
  readonly values: ReadonlyMap<string, unknown>;
  /** how the person wrote the setting */
  nameOf(variable: string): string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const CONFIG_VARIABLE = 'DARKROOM_CONFIG';
const PREFIX = 'DARKROOM_';

export function fileKey(setting: Pick<Setting, 'variable'>): string {
  return setting.variable.slice(PREFIX.length).toLowerCase();
}

/** The `DARKROOM_*` variables. An empty one counts as not set. */
export function environmentSource(env: Environment): Source {
  const ours = Object.entries(env).filter(([name, value]) => name.startsWith(PREFIX) && value);
  return {
    origin: 'environment',
    baseDir: process.cwd(),
    values: new Map(ours.filter(([name]) => name !== CONFIG_VARIABLE)),
    nameOf: (variable) => variable,
  };
}

/** The keys of a JSON object in a file; relative paths in it start at its folder. */
export function fileSource(path: string): Source | SettingFault {
  const content = readObject(path);
  if (typeof content === 'string') {
    return {
      setting: 'the configuration file',
      expected: 'a readable JSON object',
      got: `${path}: ${content}`,
    };
  }
  const entries = Object.entries(content).filter(([, value]) => value !== '');
  return {
    origin: 'file',
    baseDir: dirname(resolve(path)),
    values: new Map(entries.map(([key, value]) => [`${PREFIX}${key.toUpperCase()}`, value])),
    nameOf: (variable) => `${variable.slice(PREFIX.length).toLowerCase()} in ${path}`,
  };
}

/** Settings that do not exist are mistakes: a misspelt limit would be a limit that is not there. */
export function unknownSettings(source: Source, settings: readonly Setting[]): SettingFault[] {
  const known = settings.flatMap((setting) =>
    setting.isSecret ? [setting.variable, inFile(setting)] : [setting.variable],
  );
  const unknown = [...source.values.keys()].filter((name) => !known.some((variable) => variable === name));
  return unknown.map((name) => {
    const meant = didYouMean(
      name.slice(PREFIX.length),
      known.map((variable) => variable.slice(PREFIX.length)),
    );
    const hint = meant ? `; did you mean ${source.nameOf(`${PREFIX}${meant}`)}?` : '';
    return {
      setting: source.nameOf(name),
      expected: 'a setting that `darkroom config` lists',
      got: `a name it does not know${hint}`,
    };
  });
}

/** The variable that names a file in which a secret is, so that it need not be in the environment. */
function inFile(setting: Pick<Setting, 'variable'>): string {
  return `${setting.variable}_FILE`;
}

/** The value of a setting from the first source that has it. */
export function readSetting(
  setting: Setting,
  sources: readonly Source[],
): { value: unknown; origin: Origin } | SettingFault {
  const ofFile = setting.isSecret ? inFile(setting) : setting.variable;
  const source = sources.find(({ values }) => values.has(setting.variable) || values.has(ofFile));
  if (!source) return { value: fallbackOf(setting), origin: 'default' };
  const isInFile = !source.values.has(setting.variable);
  if (!isInFile && ofFile !== setting.variable && source.values.has(ofFile))
    return bothGiven(setting, source);
  const given = source.values.get(isInFile ? ofFile : setting.variable);
  const raw = isInFile ? readSecret(given, source.baseDir) : given;
  if (raw instanceof Error) {
    return { setting: source.nameOf(ofFile), expected: 'the path of a readable file', got: raw.message };
  }
  const text = asText(raw);
  const value = text === undefined ? undefined : setting.parse(text, source.baseDir);
  if (value !== undefined) return { value, origin: source.origin };
  return {
    setting: source.nameOf(isInFile ? ofFile : setting.variable),
    expected: setting.expects,
    got: setting.isSecret ? `${text?.length ?? 0} characters (not shown)` : quoted(raw),
  };
}

function bothGiven(setting: Setting, source: Source): SettingFault {
  return {
    setting: source.nameOf(setting.variable),
    expected: `one of the two: this, or ${source.nameOf(inFile(setting))}`,
    got: 'both',
  };
}

/** What a file holds, without the line break that editors put at its end. */
function readSecret(path: unknown, baseDir: string): string | Error {
  try {
    return readFileSync(resolve(baseDir, String(path)), 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    return error as Error;
  }
}

function fallbackOf({ fallback, parse }: Setting): unknown {
  const text = typeof fallback === 'function' ? fallback() : fallback;
  return text === undefined ? undefined : parse(text, process.cwd());
}

function asText(raw: unknown): string | undefined {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean'
    ? String(raw)
    : undefined;
}

const LONGEST_QUOTE = 80;

/** The text as it was given; what may be a password inside a URL is left out. */
function quoted(raw: unknown): string {
  const text = JSON.stringify(raw).replace(/\/\/[^/@\s]*@/g, '//(not shown)@');
  return text.length > LONGEST_QUOTE
    ? `${text.slice(0, LONGEST_QUOTE)}... (${text.length} characters)`
    : text;
}

/** The object in the file, or in words why there is none. */
function readObject(path: string): Record<string, unknown> | string {
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
    return isObject ? (content as Record<string, unknown>) : 'not a JSON object';
  } catch (error) {
    return error instanceof SyntaxError ? 'not valid JSON' : (error as Error).message;
  }
}
