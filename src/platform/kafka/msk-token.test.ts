import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { signedToken } from './msk-token.ts';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=', sessionToken: 'token/+= ~*' };
const at = new Date('2026-11-20T18:00:01.234Z');
const region = 'eu-central-1';

/** What the SDK's signer wants of a hash. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', keyOf(secret));
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(keyOf(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

function keyOf(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

describe('a token for MSK', () => {
  it.each([
    ['of a role', credentials],
    ['of a user', { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/+=' }],
  ])("has the signature of the SDK's own signer: %s", async (_, who) => {
    const url = new URL(Buffer.from(signedToken({ region, credentials: who, at }), 'base64url').toString());
    const host = `kafka.${region}.amazonaws.com`;
    const signer = new SignatureV4({ service: 'kafka-cluster', region, credentials: who, sha256: Sha256 });
    const request = {
      ...{ method: 'GET', protocol: 'https:', hostname: host, path: '/' },
      headers: { host },
      query: { Action: 'kafka-cluster:Connect' },
    };
    const { query = {} } = await signer.presign(request, { expiresIn: 900, signingDate: at });
    expect(url.host).toBe(host);
    const { 'User-Agent': agent, ...signed } = Object.fromEntries(url.searchParams);
    expect(agent).toBe('darkroom');
    expect(signed).toEqual(query);
  });
});
