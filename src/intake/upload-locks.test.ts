import { describe, expect, it, vi } from 'vitest';
import { createUploadLocks } from './upload-locks.ts';
import { codeOf } from './ways-in.contract.ts';

describe('the locks of uploads', () => {
  it('let one work at a time on an image, in the order in which they came', async () => {
    const locks = createUploadLocks({ waitMs: 5_000 });
    const log: string[] = [];
    const work = (name: string) => () =>
      new Promise<void>((resolve) => {
        log.push(`${name} begins`);
        setTimeout(() => {
          log.push(`${name} ends`);
          resolve();
        }, 5);
      });
    await Promise.all(['a', 'b', 'c'].map((name) => locks.hold('image', work(name))));
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('do not keep one image from another', async () => {
    const locks = createUploadLocks({ waitMs: 5_000 });
    await locks.take('one');
    await locks.take('other');
  });

  it('are free again after work that failed', async () => {
    const locks = createUploadLocks({ waitMs: 0 });
    await expect(locks.hold('image', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await locks.take('image');
  });

  it('ask the holder to let go, and the next one at once where others wait behind it', async () => {
    const locks = createUploadLocks({ waitMs: 5_000 });
    const [first, second] = [vi.fn(), vi.fn()];
    const release = await locks.take('image', { letGo: first });
    expect(first).not.toHaveBeenCalled();
    const next = locks.take('image', { letGo: second });
    const last = locks.take('image');
    expect(first).toHaveBeenCalledTimes(2);
    expect(second).not.toHaveBeenCalled();
    release();
    (await next)();
    expect(second).toHaveBeenCalledTimes(1);
    (await last)();
  });

  it('send away who has waited too long, and only them', async () => {
    const locks = createUploadLocks({ waitMs: 20 });
    const release = await locks.take('image');
    expect(await codeOf(locks.take('image'))).toBe('upload_in_progress');
    release();
    (await locks.take('image'))();
  });

  it('send away who has gone', async () => {
    const locks = createUploadLocks({ waitMs: 5_000 });
    const gone = new AbortController();
    const release = await locks.take('image');
    const waiting = codeOf(locks.take('image', { signal: gone.signal }));
    const behind = locks.take('image');
    gone.abort();
    expect(await waiting).toBe('upload_in_progress');
    release();
    (await behind)();
  });

  it('keep no line without end', async () => {
    const locks = createUploadLocks({ waitMs: 5_000 });
    const release = await locks.take('image');
    const line = Array.from({ length: 16 }, () => locks.take('image'));
    expect(await codeOf(locks.take('image'))).toBe('upload_in_progress');
    release();
    for (const waiting of line) (await waiting)();
  });
});
