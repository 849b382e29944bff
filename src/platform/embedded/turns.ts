import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long callers of the database may go on without letting anybody else in, milliseconds. */
const LONGEST_TURN = 10;

/**
 * SQLite answers at once: a loop that awaits only the database never lets the event loop turn, and nothing else in the
 * process goes on, no timer, no socket. So an answer that comes late in such a run is held back for one turn.
 *
 * @returns a function that gives a port whose answers take turns with those of all ports it was called with
 */
export function createTurns(): <T extends object>(port: T) => T {
  let began: number | undefined;

  function noteTurn(): void {
    if (began !== undefined) return;
    began = performance.now();
    setImmediate(() => {
      began = undefined;
    });
  }

  async function inTurn<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } finally {
      noteTurn();
      if (performance.now() - (began ?? 0) > LONGEST_TURN) await nextTurn();
    }
  }

  return (port) =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...values: unknown[]) => {
          const answer: unknown = member.apply(target, values);
          return answer instanceof Promise ? inTurn(answer) : answer;
        };
      },
    });
}
