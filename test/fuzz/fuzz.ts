import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { smallJpeg } from '../harness/photos.ts';
import { TEST_KEY, type TestServer } from '../harness/server.ts';
import { anyRequest, type Document, type MadeRequest } from './calls.ts';
import { type Answered, faultOf } from './judge.ts';

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  readonly atOnce?: number;
}

export interface Fault {
  readonly what: string;
  readonly request: MadeRequest;
  readonly answer?: Answered;
}

export interface FuzzReport {
  readonly sent: number;
  /** how many were answered with each status */
  readonly statuses: Readonly<Record<string, number>>;
  /** calls of the document of which none was answered with success */
  readonly neverDone: readonly string[];
  readonly faults: readonly Fault[];
  readonly slowest: { readonly ms: number; readonly call: string; readonly status: number };
}

/** A request that is not answered by then hangs, milliseconds. */
const HANGS_AFTER_MS = 20_000;
/** An answer that goes on for ever is a stream: of events. */
const STREAM_MS = 300;
const MOST_FAULTS = 20;

/** Sends generated requests of all documented calls to a server, by people of all roles and by strangers. */
export async function fuzz(
  server: TestServer,
  { requests, seed, atOnce = 8 }: FuzzOptions,
): Promise<FuzzReport> {
  const document = (await (await server.fetch('/openapi.json')).json()) as Document;
  const picture = new Uint8Array(await smallJpeg(64));
  const people = await credentials(server);
  const ids = new Ids(await upload(server, picture));
  const waiting = fc.sample(anyRequest({ document, picture }), { numRuns: requests, seed }).values();
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const report = {
    sent: 0,
    statuses: {} as Record<string, number>,
    faults: [] as Fault[],
    slowest: { ms: 0, call: '', status: 0 },
  };
  const [seen, done] = [new Set<string>(), new Set<string>()];

  async function send(request: MadeRequest): Promise<void> {
    const began = performance.now();
    const name = `${request.call.method} ${request.call.path}`;
    seen.add(name);
    report.sent += 1;
    const key = people[request.who % people.length];
    try {
      const answer = await exchange(agent, server.url, ids.filledIn(request), key);
      report.statuses[answer.status] = (report.statuses[answer.status] ?? 0) + 1;
      if (answer.status < 400) done.add(name);
      const ms = Math.round(performance.now() - began);
      if (ms > report.slowest.ms) report.slowest = { ms, call: name, status: answer.status };
      ids.learn(request, answer.text);
      const what = faultOf(request, answer);
      if (what !== undefined) report.faults.push({ what, request, answer });
    } catch (error) {
      report.faults.push({ what: error instanceof Error ? error.message : String(error), request });
    }
  }

  const worker = async () => {
    for (const request of waiting) {
      await send(request);
      if (report.faults.length >= MOST_FAULTS) return;
      // What is erased is missed: there should always be something to ask for.
      if (report.sent % 200 === 0) ids.put('image_id', await upload(server, picture));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  return { ...report, neverDone: [...seen].filter((name) => !done.has(name)) };
}

/** Real ids in the place of `{image_id}` and its like, as answers have named them. */
class Ids {
  readonly #byName: Record<string, string>;

  constructor(imageId: string) {
    this.#byName = { image_id: imageId, name: 'default', asset: 'start.js' };
  }

  put(name: string, value: string): void {
    this.#byName[name] = value;
  }

  learn({ call }: MadeRequest, text: string): void {
    // Who erases the owner, or revokes the keys in use, hears nothing but 401 from then on.
    if (/^\/v1\/(?:users|keys|auth)/.test(call.path) && call.method !== 'POST') return;
    const [, id] = /"(?:id|key_id|erasure_id|invitation_id)":"([\w.-]{1,64})"/.exec(text) ?? [];
    if (id !== undefined) this.#byName.id = id;
  }

  filledIn(request: MadeRequest): MadeRequest {
    const { path, method } = request.call;
    const own = path.startsWith('/v1/users') ? (method === 'GET' ? 'owner' : 'somebody') : undefined;
    const target = request.target.replace(/\{(\w+)\}/g, (_, name: string) =>
      name === 'id' && own !== undefined ? own : (this.#byName[name] ?? 'none'),
    );
    return { ...request, target };
  }
}

/** Keys of all roles, one that is wrong, and nobody. */
async function credentials(server: TestServer): Promise<(string | undefined)[]> {
  const roles = ['owner', 'editor', 'viewer', 'analyst', 'auditor'];
  const keys = await Promise.all(
    roles.map(async (role) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ name: `fuzz ${role}`, role });
      const made = await server.fetch('/v1/keys', { method: 'POST', headers, body });
      return ((await made.json()) as { key?: string }).key;
    }),
  );
  return [
    TEST_KEY,
    TEST_KEY,
    TEST_KEY,
    ...keys.filter((key) => key !== undefined),
    'dk_wrong_key',
    undefined,
  ];
}

async function upload(server: TestServer, body: Uint8Array): Promise<string> {
  const sent = await server.fetch('/v1/images', { method: 'POST', body: new Uint8Array(body) });
  return ((await sent.json()) as { image_id?: string }).image_id ?? 'none';
}

function exchange(agent: Agent, url: string, made: MadeRequest, key: string | undefined): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const { method } = made.call;
  const credentials = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const length = made.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(made.body)) };
  const headers = { ...made.headers, ...credentials, ...length };
  return new Promise((resolve, reject) => {
    const sending = httpRequest({ agent, hostname, port, method, path: made.target, headers });
    const hangs = setTimeout(() => sending.destroy(new Error('hangs')), HANGS_AFTER_MS);
    const end = (answer: Answered) => {
      clearTimeout(hangs);
      resolve(answer);
    };
    sending.on('response', (response) => readAnswer(response, end));
    sending.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(hangs);
      reject(error);
    });
    sending.end(made.body);
  });
}

function readAnswer(response: IncomingMessage, end: (answer: Answered) => void): void {
  const chunks: Buffer[] = [];
  const { statusCode: status = 0, headers } = response;
  const finish = () => end({ status, headers, text: Buffer.concat(chunks).toString('latin1') });
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.once('end', finish);
  response.once('error', finish);
  if (headers['content-type']?.startsWith('text/event-stream')) {
    setTimeout(() => {
      response.destroy();
      finish();
    }, STREAM_MS);
  }
}

/** A fault as a person can repeat it. */
export function described({ what, request, answer }: Fault): string {
  const { call, target, headers, body } = request;
  const bytes =
    typeof body === 'string' ? JSON.stringify(body.slice(0, 400)) : body && `${body.length} bytes`;
  return [
    `${call.method} ${target.slice(0, 500)} ${what}`,
    `  headers ${JSON.stringify(headers).slice(0, 500)}`,
    `  body ${bytes ?? 'none'}`,
    `  answer ${answer ? `${answer.status} ${answer.text.slice(0, 500)}` : 'none'}`,
  ].join('\n');
}
