import { describe, expect, it } from 'vitest';
import { type AdmissionLimits, RenderAdmission, Urgency } from './render-admission.ts';

const MB = 2 ** 20;

function open(limits: Partial<AdmissionLimits> = {}) {
  const admission = new RenderAdmission({
    renders: 2,
    backgroundRenders: 1,
    memoryBytes: 1000 * MB,
    mostWaiting: 10,
    longestWaitMs: 60_000,
    ...limits,
  });
  const begun: string[] = [];
  const arrive = (name: string, { bytes = 10 * MB, urgency = new Urgency('interactive') } = {}) => {
    const leaving = new AbortController();
    const place = admission.enter(urgency);
    const turn = place.turn(bytes, leaving.signal).then(() => {
      begun.push(name);
    });
    turn.catch(() => {});
    return { turn, urgency, leave: place.leave, abort: () => leaving.abort(new Error('enough')) };
  };
  return { admission, begun, arrive };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('renders begin', () => {
  it('in the order they came, as many as may', async () => {
    const { begun, arrive } = open();
    const [a, b] = [arrive('a'), arrive('b'), arrive('c'), arrive('d')];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    a.leave();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    a.leave();
    b.leave();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('while their bytes fit together; a large one is not overtaken', async () => {
    const { begun, arrive } = open({ renders: 3 });
    const [a, b] = [arrive('a', { bytes: 600 * MB }), arrive('b', { bytes: 500 * MB }), arrive('c')];
    await settled();
    expect(begun).toEqual(['a']);
    a.leave();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
    b.leave();
  });

  it('alone where they are larger than everything', async () => {
    const { begun, arrive } = open();
    const [a, b] = [arrive('a'), arrive('b', { bytes: 5000 * MB }), arrive('c')];
    await settled();
    expect(begun).toEqual(['a']);
    a.leave();
    await settled();
    expect(begun).toEqual(['a', 'b']);
    b.leave();
    await settled();
    expect(begun).toEqual(['a', 'b', 'c']);
  });
});

describe('renders in the background', () => {
  const background = () => ({ urgency: new Urgency('background') });

  it('come after those that somebody waits for', async () => {
    const { begun, arrive } = open({ renders: 1 });
    const [a] = [arrive('a'), arrive('b', background()), arrive('c')];
    a.leave();
    await settled();
    expect(begun).toEqual(['a', 'c']);
  });

  it('leave room for those', async () => {
    const { begun, arrive } = open({ renders: 3 });
    for (const name of ['a', 'b', 'c']) arrive(name, background());
    arrive('d');
    await settled();
    expect(begun).toEqual(['a', 'd']);
  });

  it('move up as soon as somebody waits for them', async () => {
    const { begun, arrive } = open({ renders: 1 });
    const a = arrive('a');
    arrive('b', background());
    const c = arrive('c', background());
    const d = arrive('d');
    c.urgency.raise();
    for (const { leave } of [a, d]) {
      leave();
      await settled();
    }
    expect(begun).toEqual(['a', 'd', 'c']);
  });
});

describe('who leaves the line', () => {
  it('hears why, begins nothing, and makes room', async () => {
    const { admission, begun, arrive } = open({ renders: 1 });
    const [a, b, c] = [arrive('a'), arrive('b'), arrive('c')];
    b.abort();
    await expect(b.turn).rejects.toThrow('enough');
    expect(admission.stats()).toMatchObject({ rendering: 1, waiting: 1 });
    a.leave();
    await settled();
    expect(begun).toEqual(['a', 'c']);
    for (const { leave } of [b, c, c]) leave();
    expect(admission.stats()).toMatchObject({ rendering: 0, waiting: 0 });
  });
});

describe('newcomers', () => {
  it('are refused at once where the line is full, also before their turn is asked for', () => {
    const { admission } = open({ mostWaiting: 3 });
    const places = [1, 2, 3].map(() => admission.enter(new Urgency('interactive')));
    const enter = () => admission.enter(new Urgency('interactive'));
    expect(enter).toThrow(
      expect.objectContaining({
        code: 'overloaded',
        message: expect.stringContaining('3 pictures wait'),
        extra: { retryAfterSeconds: 1 },
      }),
    );
    expect(admission.stats()).toMatchObject({ waiting: 3, refused: 1 });
    places[0]?.leave();
    enter();
  });

  it('are refused where the wait would be too long, and told when to come back', async () => {
    const { admission, arrive } = open({ renders: 2, longestWaitMs: 250 });
    // 200 ms is what a render is taken to last
    const all = [arrive('a'), arrive('b'), arrive('c'), arrive('d'), arrive('e')];
    expect(() => arrive('f')).toThrow(expect.objectContaining({ code: 'overloaded' }));
    for (const { leave } of all) leave();
    expect(admission.stats()).toEqual({ rendering: 0, waiting: 0, refused: 1 });
    arrive('g');
  });

  it('are let in where nobody waits, however slow the last ones were', async () => {
    const { arrive } = open({ longestWaitMs: 0 });
    await arrive('a').turn;
    await arrive('b').turn;
  });
});
