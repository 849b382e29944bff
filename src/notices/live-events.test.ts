import { describe, expect, it } from 'vitest';
import type { ImageEvent } from '../images/events.ts';
import { createLiveEvents } from './live-events.ts';

function event(tenantId: string, imageId = 'i1'): ImageEvent {
  return { id: '1', type: 'image.ready', tenantId, imageId, status: 'ready', at: 0 };
}

describe('live events', () => {
  it('reach the listeners of their tenant and nobody else', () => {
    const live = createLiveEvents();
    const heard: string[] = [];
    live.subscribe('a', () => heard.push('a'));
    live.subscribe('b', () => heard.push('b'));
    live.publish(event('a'));
    expect(heard).toEqual(['a']);
  });

  it('reach the others when one listener throws', () => {
    const live = createLiveEvents();
    const heard: string[] = [];
    live.subscribe('a', () => {
      throw new Error('not my day');
    });
    live.subscribe('a', () => heard.push('second'));
    live.publish(event('a'));
    expect(heard).toEqual(['second']);
  });

  it('are not heard after the subscription ended, also from inside a listener', () => {
    const live = createLiveEvents();
    let heard = 0;
    const stop = live.subscribe('a', () => {
      heard += 1;
      stop();
    });
    live.publish(event('a'));
    live.publish(event('a'));
    stop();
    expect([heard, live.listeners]).toEqual([1, 0]);
  });
});

describe('a bell', () => {
  it('remembers one ring, however often it rang', async () => {
    const live = createLiveEvents();
    const bell = live.bell('a');
    live.publish(event('a'));
    live.publish(event('a'));
    expect(await bell.rung(0)).toBe(true);
    expect(await bell.rung(0)).toBe(false);
  });

  it('wakes who waits for it', async () => {
    const live = createLiveEvents();
    const bell = live.bell('a', 'i1');
    const waiting = bell.rung(60_000);
    live.publish(event('a', 'i2'));
    live.publish(event('a', 'i1'));
    expect(await waiting).toBe(true);
  });

  it('lets go at once when the wait is called off', async () => {
    const bell = createLiveEvents().bell('a');
    const calledOff = new AbortController();
    const waiting = bell.rung(60_000, calledOff.signal);
    calledOff.abort();
    expect(await waiting).toBe(false);
    expect(await bell.rung(60_000, calledOff.signal)).toBe(false);
  });

  it('is gone when it is taken down', () => {
    const live = createLiveEvents();
    const bell = live.bell('a');
    expect(live.listeners).toBe(1);
    bell.takeDown();
    expect(live.listeners).toBe(0);
  });
});
