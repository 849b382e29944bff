import type { Settings } from '../../config.ts';
import { UsageError } from '../command.ts';
import { RemoteProblem } from './problem.ts';

export interface RequestOptions {
  readonly query?: Iterable<readonly [string, string]>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob | Uint8Array<ArrayBuffer> | string;
  /** statuses to answer besides 2xx, instead of throwing */
  readonly accept?: readonly number[];
}

/** What a zod schema is here: untrusted JSON in, typed value out. */
interface Schema<T> {
  parse(input: unknown): T;
}

/** The API of a running Darkroom. Every call throws a {@link RemoteProblem} where it is not answered as hoped. */
export class Remote {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly #apiKey: string;

  constructor(options: { url: string; apiKey: string; signal: AbortSignal }) {
    this.url = options.url;
    this.signal = options.signal;
    this.#apiKey = options.apiKey;
  }

  /** A request to the API, with the key. */
  async request(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.#apiKey}`, ...options.headers };
    return this.fetch(method, this.url + path, { ...options, headers });
  }

  /** A request to any URL, without the key: a signed URL may lead to another server. */
  async fetch(method: string, url: string, options: RequestOptions = {}): Promise<Response> {
    const target = new URL(url);
    for (const [name, value] of options.query ?? []) target.searchParams.append(name, value);
    const { headers = {}, body } = options;
    const response = await fetch(target, {
      method,
      headers,
      signal: this.signal,
      ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      this.signal.throwIfAborted();
      throw unreachable(target, error);
    });
    if (response.ok || options.accept?.includes(response.status)) return response;
    throw await problemOf(response);
  }

  async json<T>(schema: Schema<T>, method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.request(method, path, options);
    return schema.parse(await jsonOf(response));
  }

  /** Sends a value as JSON. */
  send<T>(
    schema: Schema<T>,
    method: string,
    path: string,
    value: unknown,
    options: RequestOptions = {},
  ): Promise<T> {
    const headers = { 'content-type': 'application/json', ...options.headers };
    return this.json(schema, method, path, { ...options, headers, body: JSON.stringify(value) });
  }
}

/** @throws UsageError where no key is set */
export function remoteOf({ url, apiKey }: Settings, signal: AbortSignal): Remote {
  if (apiKey === undefined) {
    throw new UsageError(
      'DARKROOM_API_KEY is not set. "darkroom serve" prints the key at its first start: export it, then try again.',
    );
  }
  return new Remote({ url, apiKey, signal });
}

async function jsonOf(response: Response): Promise<unknown> {
  const type = response.headers.get('content-type') ?? 'no content type';
  try {
    return JSON.parse(await response.text());
  } catch (error) {
    const message = `${response.url} answered with ${type}, not with JSON. Does DARKROOM_URL lead to a Darkroom?`;
    throw new RemoteProblem('unexpected_answer', message, { status: response.status, cause: error });
  }
}

async function problemOf(response: Response): Promise<RemoteProblem> {
  const { status } = response;
  const text = await response.text().catch(() => '');
  const document = parsedObject(text);
  const requestId = stringIn(document, 'request_id') ?? response.headers.get('x-request-id') ?? undefined;
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const detail = stringIn(document, 'detail') ?? stringIn(document, 'title');
  const message = detail ?? `${response.url} answered ${status}. Does DARKROOM_URL lead to a Darkroom?`;
  const hint =
    status === 401
      ? ' DARKROOM_API_KEY must be the key that "darkroom serve" printed at its first start.'
      : '';
  return new RemoteProblem(stringIn(document, 'code') ?? `http_${status}`, message + hint, {
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
    ...('errors' in document ? { errors: document.errors } : {}),
  });
}

function parsedObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function stringIn(document: object, name: string): string | undefined {
  const value: unknown = Reflect.get(document, name);
  return typeof value === 'string' ? value : undefined;
}

const REASONS: Readonly<Record<string, (url: URL) => string>> = {
  ECONNREFUSED: ({ origin }) =>
    `Nothing listens at ${origin}. Is "darkroom serve" running there? DARKROOM_URL says where to look.`,
  ENOTFOUND: ({ hostname }) => `There is no host ${hostname}. DARKROOM_URL says where to look.`,
  EAI_AGAIN: ({ hostname }) => `The host ${hostname} cannot be looked up just now. Is the network there?`,
};

/** No answer at all, in words; `fetch` itself only says that it failed. */
function unreachable(url: URL, error: unknown): RemoteProblem {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''];
  if (reason) return new RemoteProblem('unreachable', reason(url), { status: 0, cause: error });
  const words = `The connection to ${url.origin} broke: ${message}.`;
  return new RemoteProblem('connection_lost', words, { status: 0, cause: error });
}
