import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';

type ResponseBody = ConstructorParameters<typeof Response>[0];

/** Told where a body cannot be read to its end, which nobody else will hear of. */
export type OnBroken = (error: unknown) => void;

/**
 * An answer as a Response.
 *
 * @param outgoing where there is a socket: broken when the body is, for a client must not take what it has for the whole
 */
export function toResponse(
  { status, headers, body }: Answer,
  onBroken: OnBroken,
  outgoing?: { destroy(): void },
): Response {
  if (!(body instanceof ReadableStream)) return new Response(body as ResponseBody, { status, headers });
  const reader = body.getReader();
  const guarded = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          onBroken(error);
          outgoing?.destroy();
          controller.error(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return new Response(guarded, { status, headers });
}

/** Writes an answer to a socket, as fast as the other side reads. */
export function writeAnswer(
  outgoing: ServerResponse,
  { status, headers, body }: Answer,
  onBroken: OnBroken,
): void {
  outgoing.writeHead(status, headers);
  if (!(body instanceof ReadableStream)) {
    outgoing.end(body ?? undefined);
    return;
  }
  void pump(body.getReader(), outgoing).catch((error: unknown) => {
    onBroken(error);
    outgoing.destroy();
  });
}

async function pump(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = Promise.withResolvers<'gone'>();
  const leave = () => gone.resolve('gone');
  outgoing.once('close', leave);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (outgoing.destroyed) return reader.cancel();
    if (!outgoing.write(value) && (await Promise.race([drained(outgoing), gone.promise])) === 'gone') {
      return reader.cancel();
    }
  }
  outgoing.off('close', leave);
  outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    outgoing.once('drain', resolve);
  });
}
