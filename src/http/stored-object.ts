import type { Context } from 'hono';
import { Failure } from '../failures.ts';
import type { ObjectBody } from '../images/object-store.ts';
import { matchesNone, mayContinue, strongTag } from './conditional.ts';
import { problemDocument, problemHeaders } from './problem.ts';
import { type ByteRange, readRange } from './ranges.ts';
import type { AppEnv, Services } from './services.ts';

/** Bytes that are to be sent. */
export interface ObjectToSend {
  readonly key: string;
  /** bytes */
  readonly size: number;
  /** lower-case hex; the entity tag */
  readonly sha256: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Streams a stored object, or as much of it as the client asks for: 304 where it has it already, one range of
 * bytes, headers alone for HEAD.
 *
 * @throws Failure `object_not_found` before anything is sent
 */
export async function sendObject(
  c: Context<AppEnv>,
  services: Pick<Services, 'objects' | 'log'>,
  object: ObjectToSend,
): Promise<Response> {
  const tag = strongTag(object.sha256);
  const headers = { ...object.headers, etag: tag, 'accept-ranges': 'bytes' };
  if (matchesNone(c.req.header('if-none-match'), tag)) return notModified(headers);

  const isConditionGood = mayContinue(c.req.header('if-range'), tag);
  const range = isConditionGood ? readRange(c.req.header('range'), object.size) : 'whole';
  if (range === 'unsatisfiable') return unsatisfiable(c, object);
  const part = range === 'whole' ? undefined : range;
  const status = part ? 206 : 200;
  const complete = {
    ...headers,
    'content-length': String(part ? part.end - part.start + 1 : object.size),
    ...(part && { 'content-range': `bytes ${part.start}-${part.end}/${object.size}` }),
  };
  if (c.req.method === 'HEAD') return new Response(null, { status, headers: complete });
  const body = await read(services, object, part);
  return new Response(guarded(c, body.stream, services, object.key), { status, headers: complete });
}

async function read(
  { objects }: Pick<Services, 'objects'>,
  { key, size }: ObjectToSend,
  range: ByteRange | undefined,
): Promise<ObjectBody> {
  const body = await objects.read(key, range ? { range } : {});
  if (body.size === size) return body;
  await body.stream.cancel();
  throw new Failure('object_damaged', `The stored object has ${body.size} bytes instead of ${size}.`);
}

/** Only what a cache needs to go on with what it has. */
function notModified({ 'content-type': _, 'content-disposition': __, ...headers }: Record<string, string>) {
  return new Response(null, { status: 304, headers });
}

function unsatisfiable(c: Context<AppEnv>, { size }: ObjectToSend): Response {
  const failure = new Failure(
    'range_not_satisfiable',
    `The object has ${size} bytes; the range begins after them. Ask for bytes from 0 to ${size - 1}.`,
  );
  const where = { requestId: c.get('requestId'), instance: c.req.path };
  return new Response(JSON.stringify(problemDocument(failure, where)), {
    status: failure.reaction.status,
    headers: { ...problemHeaders(failure), 'content-range': `bytes */${size}` },
  });
}

/**
 * The same stream; where reading fails in the middle, the connection is broken: a client must not take what it has
 * for the whole.
 */
function guarded(
  c: Context<AppEnv>,
  stream: ReadableStream<Uint8Array>,
  { log }: Pick<Services, 'log'>,
  key: string,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (err) {
          log.error({ err, key, request_id: c.get('requestId') }, 'an object could not be read to its end');
          c.env?.outgoing?.destroy();
          controller.error(err);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
