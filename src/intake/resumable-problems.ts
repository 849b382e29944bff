import { ERRORS, TUS_RESUMABLE } from '@tus/server';
import { type FailureCode, reactions, toFailure } from '../failures.ts';

/** Where tus 1.0 wants another status than the code has elsewhere. */
const tusStatuses: Readonly<Partial<Record<FailureCode, number>>> = {
  checksum_mismatch: 460,
  upload_in_progress: 423,
};

/** What the protocol library means by a status of its own; its own words where there is no detail. */
const meanings: Readonly<Record<number, { code: FailureCode; detail?: string }>> = {
  400: { code: 'invalid_request' },
  403: { code: 'invalid_request' },
  404: { code: 'upload_not_found', detail: 'There is no such upload. It may have expired. Begin a new one.' },
  409: {
    code: 'offset_mismatch',
    detail: 'The upload goes on at another offset. Ask for it by HEAD, then send what follows.',
  },
  410: { code: 'upload_not_found', detail: 'This upload has expired. Begin a new one.' },
  412: { code: 'invalid_request', detail: 'Send the header Tus-Resumable: 1.0.0.' },
  413: {
    code: 'file_too_large',
    detail: 'These are more bytes than Upload-Length said. Begin a new upload.',
  },
  415: { code: 'unsupported_media_type', detail: 'Pieces come as application/offset+octet-stream.' },
  501: { code: 'invalid_request' },
};

const BROKEN_OFF = {
  code: 'upload_interrupted',
  detail: 'The connection broke off. Ask for the offset by HEAD, then go on from there.',
} as const;

/**
 * The status that a thrown value has in this protocol; none for what nobody foresaw. The library throws objects with a
 * `status_code`.
 */
export function tusStatus(thrown: unknown): number | undefined {
  const own = (thrown as { status_code?: unknown }).status_code;
  if (typeof own === 'number') return own < 500 || own === 501 ? own : undefined;
  const { code, reaction } = toFailure(thrown);
  return code === 'internal' ? undefined : (tusStatuses[code] ?? reaction.status);
}

/** Where the library answers a plain 400 for a header, and the protocol asks for a status of its own. */
export function statusFor({ headers }: Request, status: number): number {
  if (status !== 400) return status;
  if (headers.get('tus-resumable') !== TUS_RESUMABLE) return 412;
  const isTyped = headers.has('upload-offset') && headers.has('content-type');
  return isTyped && headers.get('content-type') !== 'application/offset+octet-stream' ? 415 : status;
}

/** The refusal as problem details (RFC 9457), with the headers that the protocol asks for. */
export async function problemResponse(
  refusal: Response,
  { status, thrown, requestId }: { status: number; thrown: unknown; requestId?: string },
): Promise<Response> {
  const failure = thrown instanceof Error && !('status_code' in thrown) ? toFailure(thrown) : undefined;
  const meaning = thrown === ERRORS.ABORTED ? BROKEN_OFF : (meanings[status] ?? { code: 'invalid_request' });
  const code = failure?.code ?? meaning.code;
  const problem = {
    ...failure?.extra,
    type: `urn:darkroom:problem:${code}`,
    title: reactions[code].title,
    status,
    detail: failure?.message ?? meaning.detail ?? (await refusal.text()).trim(),
    code,
    ...(requestId !== undefined && { request_id: requestId }),
  };
  const headers = new Headers(refusal.headers);
  headers.delete('Content-Length');
  headers.set('Content-Type', 'application/problem+json');
  headers.set('Cache-Control', 'no-store');
  if (status === 412) headers.set('Tus-Version', TUS_RESUMABLE);
  return new Response(JSON.stringify(problem), { status, headers });
}
