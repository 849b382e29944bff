import {
  CompactSign,
  calculateJwkThumbprint,
  compactVerify,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { canonicalJson } from './canonical-json.ts';

/** Signs documents in the name of the service, so that they can be checked without it. */
export interface Attestor {
  /** A JWS (RFC 7515, EdDSA) with detached payload over the canonical JSON of the document. */
  sign(document: object, type: DocumentType): Promise<string>;
  /** The public keys, as a JWK set (RFC 7517); to be published, and to be kept by whoever checks later. */
  readonly publicKeys: PublicKeys;
}

/** What a signature was made for: one kind of document is never taken for another. */
export type DocumentType = 'darkroom-checkpoint' | 'darkroom-erasure-receipt';

export interface PublicKeys {
  readonly keys: JWK[];
}

const ALGORITHM = 'EdDSA';

/** A new private key, to be kept as a secret: a JWK as text. */
export async function newAttestationKey(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}

/** @param secret what {@link newAttestationKey} made */
export async function createAttestor(secret: string): Promise<Attestor> {
  const jwk = JSON.parse(secret) as JWK;
  const { kty = '', crv = '', x = '' } = jwk;
  const publicKey = { kty, crv, x, alg: ALGORITHM, use: 'sig' };
  const kid = await calculateJwkThumbprint(publicKey);
  const key = await importJWK(jwk, ALGORITHM);
  return {
    async sign(document, type) {
      const payload = new TextEncoder().encode(canonicalJson(document));
      const header = { alg: ALGORITHM, kid, typ: type };
      const [head, , signature] = (await new CompactSign(payload).setProtectedHeader(header).sign(key)).split(
        '.',
      );
      return `${head}..${signature}`;
    },
    publicKeys: { keys: [{ ...publicKey, kid }] },
  };
}

/** Whether the signature is one of these keys' over just this document, made for this purpose. */
export async function isAttested(
  { document, type, signature }: { document: object; type: DocumentType; signature: string },
  keys: PublicKeys,
): Promise<boolean> {
  const [head, none, tail] = signature.split('.');
  if (head === undefined || none !== '' || tail === undefined) return false;
  const payload = Buffer.from(canonicalJson(document)).toString('base64url');
  try {
    const keyOf = createLocalJWKSet(keys);
    const { protectedHeader } = await compactVerify(`${head}.${payload}.${tail}`, keyOf, {
      algorithms: [ALGORITHM],
    });
    return protectedHeader.typ === type;
  } catch {
    return false;
  }
}
