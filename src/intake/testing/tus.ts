import { Failure, type FailureCode } from '../../failures.ts';
import { createResumable, type Resumable, type ResumableDeps } from '../resumable.ts';
import { HOUR, type House, OWNER, PUBLIC_URL } from './house.ts';

export const TUS_URL = `${PUBLIC_URL}/v1/resumable`;

export function openResumable(house: House, parts: Partial<ResumableDeps> = {}): Resumable {
  return createResumable({
    intake: house.intake,
    publicUrl: () => PUBLIC_URL,
    uploadExpiryMs: 24 * HOUR,
    erase: house.erase,
    ...parts,
  });
}

/** A request of a tus client, by hand. */
export interface TusRequest {
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly tenantId?: string;
}

export function send(resumable: Resumable, method: string, request: TusRequest = {}): Promise<Response> {
  const { url = TUS_URL, headers = {}, body, tenantId = OWNER.tenantId } = request;
  const init = {
    method,
    headers: { 'tus-resumable': '1.0.0', ...headers },
    ...(body && {
      body: body instanceof Uint8Array ? new Uint8Array(body) : ReadableStream.from(body),
      duplex: 'half',
    }),
  };
  return resumable(new Request(url, init as RequestInit), { ...OWNER, tenantId, requestId: 'test-request' });
}

export function patch(
  resumable: Resumable,
  url: string,
  offset: number,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return send(resumable, 'PATCH', {
    url,
    body,
    headers: {
      'content-type': 'application/offset+octet-stream',
      'upload-offset': String(offset),
      ...headers,
    },
  });
}

/** `Upload-Metadata` as clients write it. */
export function metadata(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** @throws Failure with the code of the problem that was answered */
export async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const { code, detail } = JSON.parse(text) as { code: FailureCode; detail: string };
  throw new Failure(code, detail);
}

/** Creates an upload; answers its URL. */
export async function create(
  resumable: Resumable,
  length: number,
  {
    metadata: values = {},
    headers = {},
  }: { metadata?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<string> {
  const described = Object.keys(values).length > 0 ? { 'upload-metadata': metadata(values) } : {};
  const created = await accepted(
    await send(resumable, 'POST', { headers: { 'upload-length': String(length), ...described, ...headers } }),
  );
  return created.headers.get('location') ?? '';
}

export function imageIdOf(url: string): string {
  return new URL(url).pathname.split('/').at(-1) ?? '';
}
