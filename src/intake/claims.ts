import { Failure } from '../failures.ts';

/** Images whose bytes are being brought in by this process. One at a time: two ways may lead to the same image. */
export interface Claims {
  /** @throws Failure `upload_in_progress` where somebody else is at it */
  hold<T>(imageId: string, work: () => Promise<T>): Promise<T>;
}

export function createClaims(): Claims {
  const held = new Set<string>();
  return {
    async hold(imageId, work) {
      if (held.has(imageId)) throw inProgress();
      held.add(imageId);
      try {
        return await work();
      } finally {
        held.delete(imageId);
      }
    },
  };
}

export function inProgress(): Failure {
  return new Failure(
    'upload_in_progress',
    'Another upload to the same image is under way. Wait for it, then ask for the image.',
  );
}
