import { randomUUID } from 'node:crypto';

/** Asks one running server about one behaviour and answers in the words of the enforcement table. */
export type Probe = (endpoint: string) => Promise<string>;

export function freshName(kind: string): string {
  return `${kind}-${randomUUID()}`;
}

/** `accepted`, or `refused` for an answer of the 4xx kind; anything else is no answer to the question and is thrown. */
export async function acceptance(call: Promise<unknown>): Promise<'accepted' | 'refused'> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    const status = statusOf(error);
    if (status >= 400 && status < 500) return 'refused';
    throw error;
  }
}

/** Of an SDK's error; 0 when there was no answer. */
export function statusOf(error: unknown): number {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
}

/** The HTTP status with which the call was refused, or `accepted`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => 'accepted',
    (error: unknown) => String(statusOf(error) || error),
  );
}

/** As `acceptance`, for an HTTP answer. A connection that the server closes on a request it does not like refuses it too. */
export function accepted(answer: Response): 'accepted' | 'refused' {
  if (answer.ok) return 'accepted';
  if (answer.status < 500) return 'refused';
  throw new Error(`the server failed with ${answer.status}`);
}
