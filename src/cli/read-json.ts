import { readFile } from 'node:fs/promises';
import { Failure } from '../failures.ts';
import { UsageError } from './command.ts';

/** @throws UsageError where the file cannot be read, Failure `invalid_pipeline` where it is not JSON */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`Cannot read ${JSON.stringify(file)}: ${error.message}.`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure('invalid_pipeline', `${file} is not valid JSON: ${why}`, { cause: error });
  }
}
