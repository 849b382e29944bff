import type { RetentionPorts } from '../ports.ts';

/** The process "died": nothing that is called afterwards happens. */
export class Crash extends Error {}

export interface CrashPoint {
  /** 1 is the first call to any port */
  readonly call: number;
  /** whether the last call still took effect */
  readonly moment: 'before' | 'after';
}

/** The same ports, which die at one of their calls. `reached` tells whether they did. */
export function crashingPorts(
  ports: RetentionPorts,
  point: CrashPoint,
): { ports: RetentionPorts; reached: () => boolean } {
  let calls = 0;
  const dead = () => calls >= point.call;

  function wrap<T extends object>(port: T): T {
    return new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value === 'object' && value !== null) return wrap(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => call(() => Reflect.apply(value, target, args) as unknown);
      },
    });
  }

  function call(effect: () => unknown): unknown {
    if (dead()) throw new Crash();
    calls += 1;
    if (!dead()) return effect();
    const answer = point.moment === 'before' ? undefined : effect();
    if (!(answer instanceof Promise)) throw new Crash();
    return answer.then(() => {
      throw new Crash();
    });
  }

  const { clock, ...rest } = ports;
  const wrapped = Object.fromEntries(Object.entries(rest).map(([name, port]) => [name, wrap(port)]));
  return { ports: { ...ports, ...wrapped, clock }, reached: dead };
}
