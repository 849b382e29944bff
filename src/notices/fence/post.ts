import { type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestSafely } from 'node:https';
import { AddressForbidden, type Fence } from './fence.ts';

/** What came of sending something: an answer, or a word for why there is none. */
export type Posted =
  | {
      readonly status: number;
      /** the beginning of its body, printable */
      readonly response: string;
      /** milliseconds; as the answer asks */
      readonly retryAfterMs?: number;
    }
  | { readonly error: PostError };

export const postErrors = [
  'address_forbidden',
  'name_not_found',
  'connection_refused',
  'connection_lost',
  'tls_failed',
  'timeout',
  'no_answer',
] as const;
export type PostError = (typeof postErrors)[number];

export interface PostOptions {
  readonly fence: Fence;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** milliseconds for all of it, names and certificates included */
  readonly timeoutMs?: number;
}

export const POST_TIMEOUT_MS = 10_000;
/** of the answer's body, bytes; the rest is not read */
const SNIPPET_BYTES = 1_024;

/** Posts to where the fence allows it. A redirect is an answer like any other: it is not followed. Never rejects. */
export async function postFenced(options: PostOptions): Promise<Posted> {
  const { fence, url: text, body, headers, timeoutMs = POST_TIMEOUT_MS } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  let url: URL;
  try {
    url = fence.assertAllowed(text);
  } catch {
    return { error: 'address_forbidden' };
  }
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestSafely : requestPlainly;
      const length = String(Buffer.byteLength(body));
      const sent = send(url, {
        method: 'POST',
        // No connection is kept: the next one looks the name up again.
        agent: false,
        lookup: fence.lookup,
        maxHeaderSize: 16_384,
        headers: { ...headers, 'content-length': length },
        signal,
      });
      sent.on('response', resolve).on('error', reject).end(body);
    });
    return { ...retryAfter(response), status: response.statusCode ?? 0, response: await snippetOf(response) };
  } catch (error) {
    return { error: signal.aborted ? 'timeout' : wordFor(error) };
  }
}

/** What has come until the end, the bound or the deadline: the status is known already, and counts. */
async function snippetOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= SNIPPET_BYTES) break;
    }
  } catch {
    // cut off
  }
  response.destroy();
  const text = Buffer.concat(chunks).subarray(0, SNIPPET_BYTES).toString('utf8');
  return text.replace(/[^\P{C}\n\t]|\uFFFD+$/gu, '');
}

function retryAfter({ headers }: IncomingMessage): { retryAfterMs?: number } {
  const asked = headers['retry-after'] ?? '';
  if (/^\d{1,6}$/.test(asked)) return { retryAfterMs: Number(asked) * 1_000 };
  const until = Date.parse(asked) - Date.now();
  return until > 0 ? { retryAfterMs: until } : {};
}

const words: readonly (readonly [code: RegExp, word: PostError])[] = [
  [/^(?:ENOTFOUND|ENODATA|EAI_|ESERVFAIL|EBADNAME|EREFUSED)/, 'name_not_found'],
  [/^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EACCES|EPERM)/, 'connection_refused'],
  [/^(?:ECONNRESET|EPIPE|HPE_)/, 'connection_lost'],
  [/^(?:ETIMEDOUT|ETIMEOUT|ESOCKETTIMEDOUT)/, 'timeout'],
  [/^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/, 'tls_failed'],
];

function wordFor(error: unknown): PostError {
  if (error instanceof AddressForbidden) return 'address_forbidden';
  const code = String((error as { code?: unknown }).code);
  return words.find(([pattern]) => pattern.test(code))?.[1] ?? 'no_answer';
}
