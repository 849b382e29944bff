import type { Rgb } from './colours.ts';

/** Colours that lie close together. */
export interface Group {
  /** 0..255, not rounded */
  readonly mean: Rgb;
  /** of its colours, by opacity */
  readonly weight: number;
}

interface Sample {
  readonly rgb: Rgb;
  readonly weight: number;
}

/** distance in RGB, 0..441: closer than this, two groups are one colour to the eye */
const SAME = 12;
const ROUNDS = 8;

/**
 * Groups the colours of a picture: median cut finds where groups begin, k-means moves each to the middle of what is
 * closest to it. The same pixels give the same groups.
 *
 * @param rgba straight alpha
 * @param most so many groups, from 1
 * @returns the heaviest first; none where nothing can be seen
 */
export function groupColours(rgba: Uint8Array, most: number): Group[] {
  const samples = samplesOf(rgba);
  let means = medianCut(samples, most);
  let groups: Group[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    groups = gathered(samples, means);
    means = groups.map(({ mean }) => mean);
  }
  return merged(groups.toSorted((a, b) => b.weight - a.weight));
}

/** The colours in cells of the colour cube, 32 a side: as good for this as each by itself, and far fewer. */
function samplesOf(rgba: Uint8Array): Sample[] {
  const cells = new Map<number, [number, number, number, number]>();
  for (let at = 0; at < rgba.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(at, at + 4);
    if (alpha === 0) continue;
    const key = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
    const cell = cells.get(key) ?? [0, 0, 0, 0];
    cell[0] += red * alpha;
    cell[1] += green * alpha;
    cell[2] += blue * alpha;
    cell[3] += alpha;
    cells.set(key, cell);
  }
  return [...cells.values()].map(([red, green, blue, weight]) => ({
    rgb: [red / weight, green / weight, blue / weight],
    weight,
  }));
}

const CHANNELS = [0, 1, 2] as const;

/** Cuts the box that is most spread out in two at its middle, until there are enough. */
function medianCut(samples: readonly Sample[], most: number): Rgb[] {
  if (samples.length === 0) return [];
  const boxes: Sample[][] = [[...samples]];
  while (boxes.length < most) {
    const { index, channel, spread } = widest(boxes);
    if (spread === 0) break;
    const box = (boxes[index] ?? []).toSorted((a, b) => a.rgb[channel] - b.rgb[channel]);
    boxes.splice(index, 1, ...halves(box));
  }
  return boxes.map(meanOf);
}

function widest(boxes: readonly Sample[][]) {
  let found = { index: 0, channel: CHANNELS[0] as (typeof CHANNELS)[number], spread: 0 };
  for (const [index, box] of boxes.entries()) {
    for (const channel of CHANNELS) {
      const spread = spreadOf(box, channel);
      if (spread > found.spread) found = { index, channel, spread };
    }
  }
  return found;
}

/** How far the colours of a box lie from its mean, all together: squared, by weight. */
function spreadOf(box: readonly Sample[], channel: (typeof CHANNELS)[number]): number {
  const mean = meanOf(box)[channel];
  return box.length < 2 ? 0 : sum(box, ({ rgb, weight }) => weight * (rgb[channel] - mean) ** 2);
}

/** By weight, but neither is left empty. */
function halves(box: readonly Sample[]): [Sample[], Sample[]] {
  const half = sum(box, ({ weight }) => weight) / 2;
  let passed = 0;
  const middle = box.findIndex(({ weight }) => {
    passed += weight;
    return passed >= half;
  });
  const at = Math.min(box.length - 1, Math.max(1, middle));
  return [box.slice(0, at), box.slice(at)];
}

/** One round of k-means. */
function gathered(samples: readonly Sample[], means: readonly Rgb[]): Group[] {
  const boxes: Sample[][] = means.map(() => []);
  for (const sample of samples) boxes[closest(sample.rgb, means)]?.push(sample);
  return boxes
    .filter((box) => box.length > 0)
    .map((box) => ({ mean: meanOf(box), weight: sum(box, ({ weight }) => weight) }));
}

function closest(rgb: Rgb, means: readonly Rgb[]): number {
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (const [index, mean] of means.entries()) {
    const far = distance(rgb, mean);
    if (far < least) [best, least] = [index, far];
  }
  return best;
}

/** Heavier groups take in those that look the same. */
function merged(groups: readonly Group[]): Group[] {
  const kept: Group[] = [];
  for (const group of groups) {
    const same = kept.findIndex(({ mean }) => distance(mean, group.mean) < SAME);
    const other = kept[same];
    if (other) kept[same] = { ...other, weight: other.weight + group.weight };
    else kept.push(group);
  }
  return kept.toSorted((a, b) => b.weight - a.weight);
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function meanOf(box: readonly Sample[]): Rgb {
  const total = sum(box, ({ weight }) => weight);
  const [red, green, blue] = CHANNELS.map(
    (channel) => sum(box, ({ rgb, weight }) => rgb[channel] * weight) / total,
  );
  return [red ?? 0, green ?? 0, blue ?? 0];
}

function sum(box: readonly Sample[], part: (sample: Sample) => number): number {
  return box.reduce((total, sample) => total + part(sample), 0);
}
