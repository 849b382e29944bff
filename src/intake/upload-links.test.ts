import { describe, expect, it } from 'vitest';
import { createSigner } from '../delivery/signing.ts';
import { createUploadLinks } from './upload-links.ts';

const NOW = Date.UTC(2026, 10, 20);
const LATER = NOW + 900_000;
const ID = '0190b2c4-0000-7000-8000-000000000000';
const signer = createSigner({ keys: [{ id: 'k1', secret: 'the secret of this test' }] });
const links = createUploadLinks({ signer, publicUrl: () => 'https://photos.example/base' });

function target(url: string): string {
  expect(url.startsWith('https://photos.example/base/v1/')).toBe(true);
  return url.slice('https://photos.example/base'.length);
}

describe('links for uploads', () => {
  const put = target(links.put(ID, LATER));
  const resumable = target(links.resumable(ID, LATER));

  it('lead to their image and say until when', () => {
    expect(put).toMatch(new RegExp(`^/v1/upload/${ID}\\?exp=${LATER / 1000}&sig=k1\\.`));
    expect(resumable).toMatch(new RegExp(`^/v1/resumable/${ID}\\?exp=${LATER / 1000}&sig=k1\\.`));
  });

  it('open what they are for', () => {
    expect(() => links.verifyPut(put, NOW)).not.toThrow();
    expect(() => links.verifyResumable(resumable, NOW)).not.toThrow();
  });

  it.each([
    ['the other way in', () => links.verifyPut(resumable, NOW), 'signature_invalid'],
    ['the other way in, back', () => links.verifyResumable(put, NOW), 'signature_invalid'],
    ['another image', () => links.verifyPut(put.replace('0190b2c4', '0190b2c5'), NOW), 'signature_invalid'],
    ['later', () => links.verifyPut(put, LATER), 'signature_expired'],
    ['a download', () => signer.verify('GET', put, NOW), 'signature_invalid'],
  ])('open nothing else: %s', (_, verify, code) => {
    expect(verify).toThrow(expect.objectContaining({ code }));
  });
});
