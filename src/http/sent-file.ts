import type { Context } from 'hono';
import type { Tags } from '../images/image.ts';
import { announcedLength, bodyStream } from './request-body.ts';
import { sentFilename } from './sent-filename.ts';
import type { AppEnv } from './services.ts';
import { openForm } from './upload-form.ts';
import { isWish, readWishes } from './upload-wishes.ts';

/** A file that is being sent, and what its sender wants done with it. */
export interface SentFile {
  /** as the sender wrote it; '' where it has none */
  readonly filename: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** bytes, where they were announced */
  readonly size?: number;
  readonly pipeline?: string;
  readonly tags?: Tags;
  /** To be called at the end, also where the body was not read. */
  readonly close: () => void;
}

/**
 * The file of a request, as the raw body or in a form, with what its sender says about it.
 * @throws Failure `invalid_request`, `upload_interrupted`
 */
export async function sentFile(c: Context<AppEnv>): Promise<SentFile> {
  const query = new URL(c.req.url).searchParams;
  const wishes = [...query].filter(([name]) => isWish(name));
  const contentType = c.req.header('content-type') ?? '';
  if (!/^multipart\/form-data/i.test(contentType)) {
    const size = announcedLength(c);
    return {
      filename: sentFilename((name) => c.req.header(name), query),
      body: bodyStream(c),
      ...(size !== undefined && { size }),
      ...readWishes(wishes),
      close: () => {},
    };
  }
  const form = await openForm(contentType, bodyStream(c));
  try {
    const filename = form.filename || (query.get('filename') ?? '');
    return { filename, body: form.body, close: form.close, ...readWishes([...wishes, ...form.fields]) };
  } catch (error) {
    form.close();
    throw error;
  }
}
