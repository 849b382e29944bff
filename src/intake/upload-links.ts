import type { Signer } from '../delivery/signing.ts';

/** Where the file of a reservation goes, for a sender who has no API key: a phone, a browser. */
export interface UploadLinks {
  /** For one PUT of the whole file. */
  put(imageId: string, expiresAt: number): string;
  /** For an upload in pieces: HEAD, PATCH and DELETE. */
  resumable(imageId: string, expiresAt: number): string;
  /** @throws Failure `signature_invalid`, `signature_expired` */
  verifyPut(pathAndQuery: string, now: number): void;
  /** @throws Failure `signature_invalid`, `signature_expired` */
  verifyResumable(pathAndQuery: string, now: number): void;
}

export const UPLOAD_PATH = '/v1/upload';
export const RESUMABLE_PATH = '/v1/resumable';

/** The methods of an upload in pieces belong together: one signature, made for PATCH, opens them all. */
const RESUMABLE_METHOD = 'PATCH';

export function createUploadLinks(deps: {
  readonly signer: Signer;
  /** what links begin with; known only once the listener is up */
  readonly publicUrl: () => string;
}): UploadLinks {
  const { signer, publicUrl } = deps;
  return {
    put: (imageId, expiresAt) =>
      publicUrl() + signer.sign({ method: 'PUT', path: `${UPLOAD_PATH}/${imageId}`, expiresAt }),
    resumable: (imageId, expiresAt) =>
      publicUrl() +
      signer.sign({ method: RESUMABLE_METHOD, path: `${RESUMABLE_PATH}/${imageId}`, expiresAt }),
    verifyPut: (pathAndQuery, now) => void signer.verify('PUT', pathAndQuery, now),
    verifyResumable: (pathAndQuery, now) => void signer.verify(RESUMABLE_METHOD, pathAndQuery, now),
  };
}
