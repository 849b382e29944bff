import { describe, expect, test } from 'vitest';
import type { Probe } from '../../pixels/picture.ts';
import { resolveSizing } from '../../pixels/sizing.ts';
import { parseDelivery } from '../grammar/parse.ts';
import { densityOf, sizedSpecOf } from './sized-spec.ts';
import { probeOf } from './testing/plans.ts';

/** Size of the picture that a query makes, padding left out. */
function sizeOf(query: string, probe: Probe = probeOf()): string {
  const { size } = resolveSizing(probe.viewed, sizedSpecOf(parseDelivery(query), probe));
  return `${size.width}x${size.height}`;
}

describe('the numbers of the grammar, from a picture of 300 x 200', () => {
  test.each([
    // as they stand in the reference
    ['w=100&h=100', '100x67'],
    ['w=280&ar=2:1&fit=crop', '280x140'],
    ['w=280&ar=2:1&fit=fill', '280x140'],
    ['w=600&h=600&fit=max', '300x200'],
    // one side
    ['w=150', '150x100'],
    ['h=50', '75x50'],
    ['width=150', '150x100'],
    // shares of the source
    ['w=0.5', '150x100'],
    ['h=0.5', '150x100'],
    ['w=1.0', '300x200'],
    ['w=0.5&h=1.0&fit=crop', '150x200'],
    ['w=1', '1x1'],
    // density
    ['w=100&dpr=2', '200x133'],
    ['w=100&h=100&fit=crop&dpr=2', '200x200'],
    ['w=101&h=67&fit=crop&dpr=1.5', '152x101'],
    ['w=100&dpr=0.5', '50x33'],
    ['w=200&fit=max&dpr=2', '300x200'],
    ['w=0.25&dpr=2', '150x100'],
    ['dpr=3', '300x200'],
    ['fit=crop&ar=1:1&dpr=3', '200x200'],
    // proportions
    ['h=140&ar=2:1&fit=crop', '280x140'],
    ['w=280&h=100&ar=2:1&fit=crop', '280x100'],
    ['ar=1:1&fit=crop', '200x200'],
    ['ar=1:1&fit=fill', '300x300'],
    ['w=160&ar=16:9&fit=crop', '160x90'],
    ['w=100&ar=1.5:0.75&fit=crop', '100x50'],
    ['w=150&ar=1:1', '150x100'],
    ['w=150&ar=1:1&fit=max', '150x100'],
    // bounds
    ['h=100&min-w=240&fit=crop', '240x100'],
    ['h=160&max-w=160&fit=crop', '160x160'],
    ['w=160&min-h=200&fit=crop', '160x200'],
    ['w=240&max-h=100&fit=crop', '240x100'],
    ['w=240&max-h=100&fit=crop&dpr=2', '480x200'],
    ['w=240&max-h=100', '240x160'],
    // the first fit that needs no faces
    ['w=100&h=100&fit=facearea,fill', '100x100'],
    ['w=100&h=100&fit=facearea,max', '100x67'],
    // padding is inside the box, where there is one
    ['w=100&pad=10', '80x53'],
    ['w=100&h=100&pad=10&fit=crop', '80x80'],
    ['w=100&h=100&pad=10&fit=crop&dpr=2', '160x160'],
    ['pad=10', '300x200'],
    ['w=280&ar=2:1&fit=crop&pad=10', '260x120'],
    ['w=100&pad-left=30', '70x47'],
    // what every loader sends
    ['w=600&h=400&fit=min', '300x200'],
    ['w=400&h=400&fit=min', '200x200'],
    ['w=8192&fit=max', '300x200'],
  ])('%s is %s', (query, expected) => {
    expect(sizeOf(query)).toBe(expected);
  });

  test('a share is one of the picture as it is viewed', () => {
    expect(sizeOf('w=0.5', probeOf({ orientation: 6 }))).toBe('100x150');
    const lying = sizedSpecOf(parseDelivery('w=0.5&orient=1'), probeOf({ orientation: 6 }));
    expect(lying.width).toBe(150);
    const turned = sizedSpecOf(parseDelivery('w=0.5&orient=6'), probeOf());
    expect(turned.width).toBe(100);
  });
});

describe('what is kept', () => {
  const keepOf = (query: string) => sizedSpecOf(parseDelivery(`${query}&fit=crop`), probeOf()).keep;

  test.each([
    ['', { x: 0.5, y: 0.5, zoom: 1 }],
    ['crop=top', { x: 0.5, y: 0, zoom: 1 }],
    ['crop=bottom', { x: 0.5, y: 1, zoom: 1 }],
    ['crop=left', { x: 0, y: 0.5, zoom: 1 }],
    ['crop=right', { x: 1, y: 0.5, zoom: 1 }],
    ['crop=top,left', { x: 0, y: 0, zoom: 1 }],
    ['crop=left,top', { x: 0, y: 0, zoom: 1 }],
    ['crop=bottom,right', { x: 1, y: 1, zoom: 1 }],
    ['crop=entropy', 'entropy'],
    ['crop=edges', 'attention'],
    ['crop=faces,entropy', 'entropy'],
    ['crop=faces,top', { x: 0.5, y: 0, zoom: 1 }],
    ['crop=entropy,top', 'entropy'],
    ['crop=top,entropy', { x: 0.5, y: 0, zoom: 1 }],
    ['crop=focalpoint&fp-x=0.2&fp-y=0.7&fp-z=3', { x: 0.2, y: 0.7, zoom: 3 }],
    ['crop=focalpoint', { x: 0.5, y: 0.5, zoom: 1 }],
    ['fp-x=0.2', { x: 0.5, y: 0.5, zoom: 1 }],
  ])('%s', (query, expected) => {
    expect(keepOf(query)).toEqual(expected);
  });
});

describe('what fills the rest of the box', () => {
  test.each([
    ['', { color: '#ffffff' }],
    ['fill-color=red', { color: '#ff0000' }],
    ['bg=navy', { color: '#000080' }],
    ['bg=navy&fill-color=80ff0000', { color: '#ff000080' }],
    ['fill=blur', 'blur'],
  ])('%s', (query, expected) => {
    expect(sizedSpecOf(parseDelivery(`fit=fill&${query}`), probeOf()).fill).toEqual(expected);
  });
});

test('nothing but faces to go by', () => {
  const { size, ...request } = parseDelivery('w=100');
  const faces = { ...request, size: { ...size, fit: ['facearea'] as const } };
  expect(() => sizedSpecOf(faces, probeOf())).toThrow('faces are not analysed');
});

test('density counts only where there is a side to multiply', () => {
  const { size } = parseDelivery('');
  const side = { px: 10 };
  expect(densityOf({ ...size, width: side, dpr: 2 })).toBe(2);
  expect(densityOf({ ...size, height: side, dpr: 3 })).toBe(3);
  expect(densityOf({ ...size, width: side })).toBe(1);
  expect(densityOf({ ...size, dpr: 2 })).toBe(1);
});
