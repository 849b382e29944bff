import type { Context } from 'hono';
import { readRecorded } from '../images/recorded-object.ts';
import { type BytesToSend, bytesAnswer } from './byte-answer.ts';
import { toResponse } from './send.ts';
import type { AppEnv, Services } from './services.ts';

/** A stored object that is to be sent. */
export interface ObjectToSend extends Pick<BytesToSend, 'size' | 'sha256' | 'headers'> {
  readonly key: string;
}

/**
 * Streams a stored object, or as much of it as the client asks for: 304 where it has it already, one range of
 * bytes, headers alone for HEAD.
 *
 * @throws Failure `object_not_found` before anything is sent, `range_not_satisfiable`
 */
export async function sendObject(
  c: Context<AppEnv>,
  { objects, log }: Pick<Services, 'objects' | 'log'>,
  object: ObjectToSend,
): Promise<Response> {
  const request = { method: c.req.method, header: (name: string) => c.req.header(name) };
  const answer = await bytesAnswer(request, {
    ...object,
    read: (range) => readRecorded(objects, object, range),
  });
  const onBroken = (err: unknown) => {
    const about = { err, key: object.key, request_id: c.get('requestId') };
    log.error(about, 'an object could not be read to its end');
  };
  return toResponse(answer, onBroken, c.env?.outgoing);
}
