import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { SingleFlight } from './single-flight.ts';

const flights = (deadlineMs = 10_000) => new SingleFlight<string>({ deadlineMs });

/** Work whose end is in the test's hands; it counts how often it began and knows whether it was aborted. */
function aWork() {
  const end = Promise.withResolvers<string>();
  const seen = { begun: 0, signal: undefined as AbortSignal | undefined };
  const work = (signal: AbortSignal) => {
    seen.begun += 1;
    seen.signal = signal;
    return end.promise;
  };
  return { work, end, seen };
}

describe('equal keys', () => {
  it('share one piece of work, and its result', async () => {
    const { work, end, seen } = aWork();
    const flight = flights();
    const waiting = Array.from({ length: 100 }, () => flight.run('a', work));
    end.resolve('done');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['done']));
    expect(seen.begun).toBe(1);
    expect(flight.size).toBe(0);
  });

  it('share what it throws', async () => {
    const { work, end } = aWork();
    const flight = flights();
    const waiting = [flight.run('a', work), flight.run('a', work, new AbortController().signal)];
    end.reject(new Error('mine'));
    for (const one of waiting) await expect(one).rejects.toThrow('mine');
  });

  it('begin anew once the work has come to its end', async () => {
    const flight = flights();
    const results = ['first', 'second'];
    for (const result of results) expect(await flight.run('a', async () => result)).toBe(result);
  });

  it('do not share with others', async () => {
    const flight = flights();
    const both = [flight.run('a', async () => 'a'), flight.run('b', async () => 'b')];
    expect(await Promise.all(both)).toEqual(['a', 'b']);
  });
});

describe('one who leaves', () => {
  it('goes at once, and the others get what they wait for', async () => {
    const { work, end, seen } = aWork();
    const flight = flights();
    const leaving = new AbortController();
    const [gone, stays] = [
      flight.run('a', work, leaving.signal),
      flight.run('a', work, new AbortController().signal),
    ];
    leaving.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    expect(seen.signal?.aborted).toBe(false);
    end.resolve('done');
    expect(await stays).toBe('done');
  });

  it('aborts the work where it is the last', async () => {
    const { work, end, seen } = aWork();
    const flight = flights();
    const leaving = [new AbortController(), new AbortController()];
    const waiting = leaving.map(({ signal }) => flight.run('a', work, signal));
    leaving[0]?.abort(new Error('one'));
    expect(seen.signal?.aborted).toBe(false);
    leaving[1]?.abort(new Error('two'));
    expect(seen.signal?.aborted).toBe(true);
    for (const one of waiting) await expect(one).rejects.toThrow();
    const other = aWork();
    const newcomer = flight.run('a', other.work);
    expect(other.seen.begun).toBe(1);
    other.end.resolve('another');
    end.resolve('too late');
    expect(await newcomer).toBe('another');
  });

  it('does not take with it who cannot leave', async () => {
    const { work, end, seen } = aWork();
    const flight = flights();
    const leaving = new AbortController();
    const stays = flight.run('a', work);
    const gone = flight.run('a', work, leaving.signal);
    leaving.abort(new Error('enough'));
    await expect(gone).rejects.toThrow('enough');
    expect(seen.signal?.aborted).toBe(false);
    end.resolve('done');
    expect(await stays).toBe('done');
  });

  it('begins nothing where it has left already', async () => {
    const { work, seen } = aWork();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(flights().run('a', work, signal)).rejects.toThrow('enough');
    expect(seen.begun).toBe(0);
  });
});

describe('the deadline', () => {
  it('ends the work for all who wait, and the next one begins anew', async () => {
    const { work, seen } = aWork();
    const flight = flights(20);
    const waiting = [flight.run('a', work), flight.run('a', work, new AbortController().signal)];
    for (const one of waiting) {
      await expect(one).rejects.toMatchObject({
        code: 'overloaded',
        extra: { retryAfterSeconds: expect.any(Number) },
      });
    }
    expect(seen.signal?.aborted).toBe(true);
    expect(await flight.run('a', async () => 'again')).toBe('again');
  });
});

describe('stopping', () => {
  it('aborts everything, refuses what comes, and waits until the last work has ended', async () => {
    const flight = flights();
    const ended: string[] = [];
    const work = (name: string) => async (signal: AbortSignal) => {
      while (!signal.aborted) await sleep(1);
      await sleep(20);
      ended.push(name);
      return name;
    };
    const leaving = new AbortController();
    const waiting = [flight.run('a', work('a')), flight.run('b', work('b'), leaving.signal)];
    leaving.abort(new Error('left'));
    const stopped = flight.stop();
    await expect(waiting[0]).rejects.toMatchObject({ code: 'shutting_down' });
    await expect(waiting[1]).rejects.toThrow('left');
    await stopped;
    expect(ended.toSorted()).toEqual(['a', 'b']);
    await expect(flight.run('c', async () => 'c')).rejects.toMatchObject({ code: 'shutting_down' });
  });
});
