import { describe, expect, it } from 'vitest';
import type { Variant } from '../images/image.ts';
import type { ObjectStore } from '../images/object-store.ts';
import { bodyOf } from './derivative.ts';
import { StoredBodies } from './stored-bodies.ts';

function variantOf(imageId: string, size: number): Variant {
  const key = `processed/ours/${imageId}/1/large.webp`;
  return { name: 'large', format: 'webp', key, width: 9, height: 9, size, sha256: '0'.repeat(64), url: key };
}

/** A store that counts how often it is read; each object is as many bytes as its record says, plus `more`. */
function store(sizes: ReadonlyMap<string, number>, more = 0) {
  const reads: string[] = [];
  const objects: Pick<ObjectStore, 'read'> = {
    read: async (key, { range } = {}) => {
      reads.push(key);
      return bodyOf(new Uint8Array((sizes.get(key) ?? 0) + more).fill(7), range);
    },
  };
  return { objects, reads };
}

async function lengthOf(read: Promise<{ stream: ReadableStream<Uint8Array> }>): Promise<number> {
  return (await new Response((await read).stream).arrayBuffer()).byteLength;
}

function kept(capacity?: number, more = 0) {
  const variants = { a: variantOf('a', 100), b: variantOf('b', 100), huge: variantOf('huge', 300_000) };
  const sizes = new Map(Object.values(variants).map(({ key, size }) => [key, size]));
  const { objects, reads } = store(sizes, more);
  const bodies = new StoredBodies(objects, capacity);
  const read = (name: keyof typeof variants) => lengthOf(bodies.of(variants[name]).read());
  return { bodies, reads, read, variants };
}

describe('the bytes of stored variants', () => {
  it('are read when they are first sent, and not before', async () => {
    const { bodies, reads, variants } = kept();
    const body = bodies.of(variants.a);
    expect([body.size, body.contentType, body.bytes, reads.length]).toEqual([
      100,
      'image/webp',
      undefined,
      0,
    ]);
    expect(await lengthOf(body.read())).toBe(100);
    expect(bodies.of(variants.a).bytes).toHaveLength(100);
    expect(await lengthOf(bodies.of(variants.a).read({ start: 10, end: 19 }))).toBe(10);
    expect(reads).toHaveLength(1);
  });

  it('are not held where they are many, or only a part of them was read', async () => {
    const { bodies, reads, read, variants } = kept();
    await read('huge');
    await read('huge');
    expect([reads.length, bodies.of(variants.huge).bytes]).toEqual([2, undefined]);
    await lengthOf(bodies.of(variants.a).read({ start: 0, end: 9 }));
    expect(bodies.of(variants.a).bytes).toBeUndefined();
  });

  it('go when there is no room, those first that were used least lately', async () => {
    const { bodies, read, variants } = kept(150);
    await read('a');
    await read('b');
    expect([bodies.of(variants.a).bytes, bodies.of(variants.b).bytes?.length]).toEqual([undefined, 100]);
  });

  it('go with their image', async () => {
    const { bodies, read, variants } = kept();
    await read('a');
    await read('b');
    bodies.forget('a');
    expect([bodies.of(variants.a).bytes, bodies.of(variants.b).bytes?.length]).toEqual([undefined, 100]);
  });

  it('are refused where they are not as many as they should be', async () => {
    await expect(kept(undefined, 1).read('a')).rejects.toMatchObject({ code: 'object_damaged' });
  });
});
