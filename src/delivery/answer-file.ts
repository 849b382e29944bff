import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mediaTypes } from '../images/keys.ts';
import type { Rendered } from '../pixels/render-plan.ts';
import type { DerivativeFacts } from './derivative.ts';
import { readWords } from './read-words.ts';
import type { DeliveryRequest } from './request.ts';

/** A local file that answers a request, and what is known of it. */
export interface AnswerFile {
  readonly path: string;
  readonly facts: DerivativeFacts;
}

/**
 * The file that answers a request: the one picture that was rendered for it, or what was read from it, in words.
 *
 * @param folder where words are written to
 */
export async function answerFile(
  { output: asked }: Pick<DeliveryRequest, 'output'>,
  rendered: Rendered,
  folder: string,
): Promise<AnswerFile> {
  const [output, ...others] = rendered.outputs;
  if (others.length > 0) throw new Error('a plan for a delivery has one output');
  if (output) {
    const { path, size, sha256, format, width, height } = output;
    return { path, facts: { size, sha256, contentType: mediaTypes[format], width, height } };
  }
  const words = readWords(asked, rendered);
  if (!words) throw new Error('a plan for a delivery has an output, or reads what is asked for');
  const bytes = Buffer.from(words.text);
  const path = join(folder, 'words');
  await writeFile(path, bytes);
  return {
    path,
    facts: { size: bytes.length, sha256: hash('sha256', bytes), contentType: words.contentType },
  };
}
