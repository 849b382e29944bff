import type { App } from '../app.ts';
import { type House, sampleBytes } from './house.ts';

/** A request of a documented call that nothing but the lack of a permission, or of the object, can stop. */
export interface GoodRequest {
  readonly init?: () => RequestInit | Promise<RequestInit>;
  /** what it is answered with where it is allowed */
  readonly status: number;
}

const json = (body: unknown) => () => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const TUS = { 'tus-resumable': '1.0.0' };
const piece = {
  headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
  body: new Uint8Array(10),
};
const METADATA = `filename ${btoa('a.png')},filetype ${btoa('image/png')}`;

/** By call. What is not named here is sent without a body, and may be answered with anything but a refusal. */
export const goodRequests: Readonly<Record<string, GoodRequest>> = {
  'POST /v1/images': {
    init: async () => ({ body: await sampleBytes('rocket.jpg') }),
    status: 202,
  },
  'GET /v1/images': { status: 200 },
  'GET /v1/image/{image_id}': { status: 200 },
  'GET /v1/image/{image_id}/status': { status: 200 },
  'GET /v1/image/{image_id}/original': { status: 409 },
  'GET /v1/image/{image_id}/picture': { status: 409 },
  'POST /v1/image/{image_id}/link': { status: 200 },
  'POST /v1/image/{image_id}/reprocess': { init: json({}), status: 409 },
  'DELETE /v1/image/{image_id}': { status: 204 },
  'POST /v1/upload': { init: json({ filename: 'a.png', size: 100 }), status: 201 },
  'POST /v1/resumable': {
    init: () => ({ headers: { ...TUS, 'upload-length': '100', 'upload-metadata': METADATA } }),
    status: 201,
  },
  'HEAD /v1/resumable/{image_id}': { init: () => ({ headers: TUS }), status: 200 },
  'PATCH /v1/resumable/{image_id}': { init: () => piece, status: 204 },
  'POST /v1/resumable/{image_id}': {
    init: () => ({ ...piece, headers: { ...piece.headers, 'x-http-method-override': 'PATCH' } }),
    status: 204,
  },
  'DELETE /v1/resumable/{image_id}': { init: () => ({ headers: TUS }), status: 204 },
  'GET /v1/events': { status: 200 },
  'GET /v1/pipelines': { status: 200 },
  'GET /v1/pipelines/{name}': { status: 200 },
  'PUT /v1/pipelines/{name}': { init: json({ steps: [{ step: 'validate' }] }), status: 200 },
  'GET /v1/pipelines/{name}/state-machine': { status: 200 },
  'GET /v1/dead-letters': { status: 200 },
  'POST /v1/dead-letters/{id}/redrive': { status: 202 },
  'DELETE /v1/dead-letters/{id}': { status: 204 },
  'GET /v1/tenant': { status: 200 },
  'PATCH /v1/tenant': { init: json({ retention: '3d' }), status: 200 },
  'GET /v1/keys': { status: 200 },
  'POST /v1/keys': { init: json({ name: 'a key', role: 'viewer' }), status: 201 },
  'DELETE /v1/keys/{id}': { status: 204 },
  'GET /v1/webhooks': { status: 200 },
  'POST /v1/webhooks': { init: json({ url: 'https://receiver.invalid/', active: false }), status: 201 },
  'GET /v1/webhooks/{id}': { status: 200 },
  'PATCH /v1/webhooks/{id}': { init: json({ description: 'another' }), status: 200 },
  'DELETE /v1/webhooks/{id}': { status: 204 },
  'POST /v1/webhooks/{id}/rotate': { init: json({}), status: 200 },
  'POST /v1/webhooks/{id}/test': { status: 200 },
  'GET /v1/webhooks/{id}/deliveries': { status: 200 },
  'POST /v1/webhooks/{id}/deliveries/{delivery_id}/replay': { status: 404 },
  'GET /v1/subscriptions': { status: 200 },
  'POST /v1/subscriptions': { init: json({ email: 'bob@example.com' }), status: 201 },
  'DELETE /v1/subscriptions/{id}': { status: 204 },
  'GET /v1/users': { status: 200 },
  'PATCH /v1/users/{id}': { init: json({ role: 'analyst' }), status: 200 },
  'GET /v1/invitations': { status: 200 },
  'POST /v1/invitations': { init: json({ email: 'bob@example.com', role: 'viewer' }), status: 201 },
  'DELETE /v1/invitations/{id}': { status: 204 },
};

/** An answer with all that could tell one object from another. */
export interface Answered {
  readonly status: number;
  /** the code of a problem document, and its extras */
  readonly problem: Readonly<Record<string, unknown>>;
  /** status, headers and body; ids of the request and of the object replaced */
  readonly fingerprint: string;
}

export interface Asked {
  readonly call: string;
  /** in the place of the first parameter of the path */
  readonly id?: string;
  readonly key?: string;
  /** the house's own where absent */
  readonly app?: App;
}

/** Sends a request with a key and reads the answer. */
export async function ask(
  house: House,
  { call, id = 'nothing', key, app = house.app }: Asked,
): Promise<Answered> {
  const [method = '', path = ''] = call.split(' ');
  const init = (await goodRequests[call]?.init?.()) ?? {};
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
  const url = path.replace(/\{[^}]+\}/, id).replace(/\{[^}]+\}/, 'nothing');
  const response = await app.request(url, { ...init, method, headers });
  const requestId = response.headers.get('x-request-id') ?? '';
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (isStream) await response.body?.cancel();
  const text = isStream ? '' : await response.text();
  const told = [response.status, ...[...response.headers].map((header) => header.join(': ')), text].join(
    '\n',
  );
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  return {
    status: response.status,
    problem: isProblem && text !== '' ? JSON.parse(text) : {},
    fingerprint: told.replaceAll(requestId, '{request}').replaceAll(id, '{id}'),
  };
}
