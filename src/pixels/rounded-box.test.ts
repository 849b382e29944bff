import { describe, expect, test } from 'vitest';
import { eachOutside, ellipseIn, insideOf, type RoundedBox, roundedBox } from './rounded-box.ts';

const SIZE = { width: 200, height: 120 };
const WHOLE = { left: 0, top: 0, ...SIZE };

/** How many pixels of the picture lie in the box, parts of pixels too. */
function areaIn(box: RoundedBox): number {
  let outside = 0;
  eachOutside(SIZE, box, (_column, _row, coverage) => {
    expect(coverage).toBeGreaterThanOrEqual(0);
    outside += 1 - coverage;
  });
  return SIZE.width * SIZE.height - outside;
}

/** What a round corner takes away, pixels. */
const cornerLoss = (across: number, down = across) => across * down * (1 - Math.PI / 4);

describe('the area is that of the shape, to a thousandth', () => {
  const around = { top: 10, right: 20, bottom: 30, left: 5 };
  test.each([
    ['a plain box', roundedBox(WHOLE, [0, 0, 0, 0]), 24_000],
    ['an ellipse', ellipseIn(WHOLE), Math.PI * 100 * 60],
    ['four corners', roundedBox(WHOLE, [40, 40, 40, 40]), 24_000 - 4 * cornerLoss(40)],
    [
      'four different corners',
      roundedBox(WHOLE, [10, 50, 0, 33]),
      24_000 - cornerLoss(10) - cornerLoss(50) - cornerLoss(33),
    ],
    ['corners that would meet', roundedBox(WHOLE, [500, 500, 500, 500]), 24_000 - 4 * cornerLoss(60)],
    ['a huge corner alone', roundedBox(WHOLE, [500, 0, 0, 0]), 24_000 - cornerLoss(120)],
    [
      'inside edges, where corners are ellipses',
      insideOf(roundedBox(WHOLE, [40, 40, 40, 40]), around),
      175 * 80 - cornerLoss(35, 30) - cornerLoss(20, 30) - cornerLoss(20, 10) - cornerLoss(35, 10),
    ],
    [
      'inside edges that leave nothing',
      insideOf(roundedBox(WHOLE, [9, 9, 9, 9]), { ...around, left: 190 }),
      0,
    ],
    [
      'between pixels',
      roundedBox({ left: 10.5, top: 20.25, width: 100.5, height: 50.5 }, [0, 0, 0, 0]),
      100.5 * 50.5,
    ],
  ])('%s', (_, box, area) => {
    expect(Math.abs(areaIn(box) - area)).toBeLessThan(Math.max(0.01, area / 1000));
  });
});

test('each corner has its own radius', () => {
  const seen = new Set<string>();
  eachOutside(SIZE, roundedBox(WHOLE, [0, 20, 40, 0]), (column, row, coverage) => {
    if (coverage === 0) seen.add(`${column < 100 ? 'left' : 'right'} ${row < 60 ? 'top' : 'bottom'}`);
  });
  expect([...seen].toSorted()).toEqual(['right bottom', 'right top']);
});

test('the edge of a curve is soft: some pixels are partly in', () => {
  let soft = 0;
  eachOutside(SIZE, ellipseIn(WHOLE), (_column, _row, coverage) => {
    if (coverage > 0.1 && coverage < 0.9) soft += 1;
  });
  expect(soft).toBeGreaterThan(200);
});
