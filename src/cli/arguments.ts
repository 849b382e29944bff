import { parseArgs } from 'node:util';
import { didYouMean } from '../did-you-mean.ts';
import { type Command, type OptionRows, type OptionValues, UsageError } from './command.ts';

/** Options that every command takes. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', meaning: 'print one JSON document on standard output and nothing else there' },
  config: { type: 'string', value: 'FILE', meaning: 'JSON file with settings; the environment wins over it' },
  help: { type: 'boolean', short: 'h', meaning: 'print this help' },
} as const satisfies OptionRows;

export interface Arguments {
  readonly options: OptionValues<OptionRows>;
  readonly common: OptionValues<typeof COMMON_OPTIONS>;
  readonly operands: readonly string[];
}

/** @throws UsageError that names what is not understood */
export function parseArguments(command: Command, argv: readonly string[]): Arguments {
  const rows: OptionRows = { ...command.options, ...COMMON_OPTIONS };
  refuseUnknown(rows, argv);
  const { values, positionals } = parsed(rows, argv);
  const { json, config, help, ...options } = values as OptionValues<typeof COMMON_OPTIONS>;
  const common = {
    ...(json === undefined ? {} : { json }),
    ...(config === undefined ? {} : { config }),
    ...(help === undefined ? {} : { help }),
  };
  if (!help) checkOperands(command, positionals);
  return { options, common, operands: positionals };
}

function parsed(rows: OptionRows, argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: asConfig(rows), allowPositionals: true, strict: true });
  } catch (error) {
    const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_');
    throw isUsage ? new UsageError((error as Error).message) : error;
  }
}

/** Goes before the strict parsing, whose sentence about an unknown option does not say what was meant. */
function refuseUnknown(rows: OptionRows, argv: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...argv], options: asConfig(rows), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(rows, token.name)) continue;
    const meant = didYouMean(token.name, Object.keys(rows));
    throw new UsageError(`There is no option ${token.rawName}.${meant ? ` Did you mean --${meant}?` : ''}`);
  }
}

function asConfig(rows: OptionRows) {
  return Object.fromEntries(
    Object.entries(rows).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  );
}

function checkOperands({ operands: { least, most }, usage }: Command, given: readonly string[]): void {
  const forms = usage.map((line) => `darkroom ${line}`).join('\n       ');
  if (given.length < least) throw new UsageError(`Something is missing.\nUsage: ${forms}`);
  if (given.length > most) throw new UsageError(`Too much: ${JSON.stringify(given[most])}.\nUsage: ${forms}`);
}
