import { type Locker, Server } from '@tus/server';
import { Failure } from '../failures.ts';
import { isImageId } from '../images/keys.ts';
import type { Intake } from './intake.ts';
import { CHECKSUM_ALGORITHMS, checksumFrom, uploadRequest } from './resumable-headers.ts';
import { problemResponse, statusFor, tusStatus } from './resumable-problems.ts';
import { ResumableStore } from './resumable-store.ts';
import { RESUMABLE_PATH } from './upload-links.ts';
import { createUploadLocks, type UploadLocks } from './upload-locks.ts';

export interface ResumableDeps {
  readonly intake: Intake;
  /** what the URLs of uploads begin with; known only once the listener is up */
  readonly publicUrl: () => string;
  /** milliseconds; life of an upload that is not finished */
  readonly uploadExpiryMs: number;
  /** Removes a reservation with all that has arrived for it. */
  readonly erase: (tenantId: string, imageId: string) => Promise<unknown>;
  /** milliseconds that a request gets to finish when another one wants the same upload; 3 s by default */
  readonly drainMs?: number;
}

/** For whom a request speaks, as its credentials or its signed URL have shown. */
export interface Requester {
  readonly tenantId: string;
  readonly userId: string;
  readonly requestId?: string;
}

/**
 * Resumable uploads: tus 1.0 (https://tus.io/protocols/resumable-upload) with creation, creation-with-upload,
 * expiration, termination and checksum, under {@link RESUMABLE_PATH}. The last segment of an upload's URL is the image
 * id; a reservation made elsewhere is an upload too.
 *
 * Refusals are problem documents. What nobody foresaw is thrown, for the server to log and to answer.
 */
export type Resumable = (request: Request, requester: Requester) => Promise<Response>;

export function createResumable(deps: ResumableDeps): Resumable {
  const drainMs = deps.drainMs ?? 3_000;
  const locker = lockerOf(createUploadLocks({ waitMs: drainMs + 7_000 }));

  return async (original, requester) => {
    const request = withOverriddenMethod(original);
    let thrown: unknown;
    const server = new Server({
      path: RESUMABLE_PATH,
      locker,
      lockDrainTimeout: drainMs,
      // A server for each request: its store speaks for one tenant, and knows the request's checksum.
      datastore: new ResumableStore({
        ...deps,
        tenantId: requester.tenantId,
        checksum: () => checksumFrom(request.headers.get('upload-checksum')),
      }),
      getFileIdFromRequest: () => imageIdIn(request),
      generateUrl: (_, { id }) => `${deps.publicUrl()}${RESUMABLE_PATH}/${id}`,
      namingFunction: (_, metadata) => reserved(deps.intake, request, requester, metadata),
      allowedHeaders: ['Upload-Checksum', 'Idempotency-Key', 'X-Request-Id'],
      exposedHeaders: ['Upload-Expires', 'Tus-Checksum-Algorithm', 'X-Request-Id'],
      onResponseError: (_, error) => {
        thrown = error;
        const status_code = tusStatus(error);
        return status_code === undefined
          ? undefined
          : { status_code, body: 'body' in error ? error.body : '' };
      },
    });

    const response = await server.handleWeb(request);
    if (thrown !== undefined && tusStatus(thrown) === undefined) throw thrown;
    if (response.status >= 400) {
      const status = statusFor(request, response.status);
      return await problemResponse(response, { status, thrown, ...requester });
    }
    if (request.method === 'OPTIONS') {
      response.headers.set('Tus-Checksum-Algorithm', CHECKSUM_ALGORITHMS.join(','));
    }
    return response;
  };
}

/** The library's own locker spins on `setImmediate` while it waits. */
function lockerOf(locks: UploadLocks): Locker {
  return {
    newLock(id) {
      let release = () => {};
      return {
        async lock(signal, letGo) {
          release = await locks.take(id, { signal, letGo });
        },
        unlock: async () => release(),
      };
    },
  };
}

/** The creation of an upload is a reservation; its id is the upload's. */
async function reserved(
  intake: Intake,
  request: Request,
  { tenantId, userId }: Requester,
  metadata: Record<string, string | null> | undefined,
): Promise<string> {
  if (lastSegment(request) !== undefined) {
    throw new Failure(
      'method_not_allowed',
      `Uploads are created at ${RESUMABLE_PATH}. Send pieces by PATCH.`,
    );
  }
  const size = Number(request.headers.get('upload-length'));
  const idempotencyKey = request.headers.get('idempotency-key');
  const { stored } = await intake.reserve({
    tenantId,
    userId,
    source: 'resumable',
    request: uploadRequest(metadata, size),
    ...(idempotencyKey !== null && { idempotencyKey }),
  });
  return stored.record.image_id;
}

function imageIdIn(request: Request): string | undefined {
  const segment = lastSegment(request);
  return segment !== undefined && isImageId(segment) ? segment : undefined;
}

/** What follows the path of all uploads; nothing for that path itself. */
function lastSegment({ url }: Request): string | undefined {
  const { pathname } = new URL(url);
  return pathname.startsWith(`${RESUMABLE_PATH}/`) ? pathname.slice(RESUMABLE_PATH.length + 1) : undefined;
}

/** Old browsers and proxies know neither PATCH nor DELETE: tus has them send a POST that says what it means. */
function withOverriddenMethod(request: Request): Request {
  const method = request.headers.get('x-http-method-override')?.toUpperCase();
  const isMeant = request.method === 'POST' && ['PATCH', 'DELETE', 'HEAD'].includes(method ?? '');
  return isMeant && method ? new Request(request, { method }) : request;
}
