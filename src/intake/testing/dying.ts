import type { IntakeDeps } from '../intake.ts';

/** The process "died": nothing that is called afterwards happens. */
export class Died extends Error {}

/**
 * The same parts, which die at one of their calls, before or after its effect.
 * @param call 1 is the first call to any part
 */
export function dyingAt(
  deps: IntakeDeps,
  { call, moment }: { call: number; moment: 'before' | 'after' },
): { deps: IntakeDeps; hasDied: () => boolean } {
  let calls = 0;

  function wrap<T extends object>(part: T): T {
    return new Proxy(part, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name, target);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          calls += 1;
          if (calls > call || (calls === call && moment === 'before')) throw new Died();
          const answer: unknown = await Reflect.apply(method, target, args);
          if (calls >= call) throw new Died();
          return answer;
        };
      },
    });
  }

  return {
    hasDied: () => calls >= call,
    deps: {
      ...deps,
      catalog: wrap(deps.catalog),
      objects: wrap(deps.objects),
      partialUploads: wrap(deps.partialUploads),
      pipelines: wrap(deps.pipelines),
    },
  };
}
