import sharp from 'sharp';

/** How far apart two pictures of the same size are to the eye. */
export interface PictureDistance {
  /** mean absolute difference of the channels at 64 pixels, 0..255: wrong colours, wrong crops */
  readonly mean: number;
  /** structural similarity of the lightness at full size, 1 for equal: lost sharpness, wrong places */
  readonly ssim: number;
}

/** Of the first page, where the pictures move. */
export async function pictureDistance(a: string, b: string): Promise<PictureDistance> {
  const [small, large] = await Promise.all([
    Promise.all(
      [a, b].map((path) => sharp(path).ensureAlpha().resize(64, 64, { fit: 'fill' }).raw().toBuffer()),
    ),
    Promise.all([a, b].map(luminance)),
  ]);
  const [first, second] = large;
  if (!first || !second) throw new Error('two pictures were to be compared');
  return { mean: meanDifference(small[0] ?? [], small[1] ?? []), ssim: similarity(first, second) };
}

interface Luminance {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function luminance(path: string): Promise<Luminance> {
  const { data, info } = await sharp(path)
    .flatten({ background: '#808080' })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}

/** Side of the windows that are compared, pixels. */
const WINDOW = 8;

/** Mean SSIM over windows (Wang, Bovik, Sheikh, Simoncelli 2004, with its constants; windows side by side). */
function similarity(a: Luminance, b: Luminance): number {
  if (a.width !== b.width || a.height !== b.height) return 0;
  const side = Math.min(WINDOW, a.width, a.height);
  let sum = 0;
  let count = 0;
  for (let top = 0; top + side <= a.height; top += side) {
    for (let left = 0; left + side <= a.width; left += side) {
      sum += windowSimilarity(a, b, left, top, side);
      count += 1;
    }
  }
  return sum / count;
}

function windowSimilarity(a: Luminance, b: Luminance, left: number, top: number, side: number): number {
  const count = side * side;
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let row = top; row < top + side; row += 1) {
    for (let at = row * a.width + left; at < row * a.width + left + side; at += 1) {
      const [one, other] = [a.data[at] ?? 0, b.data[at] ?? 0];
      sumA += one;
      sumB += other;
      squaresA += one * one;
      squaresB += other * other;
      products += one * other;
    }
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  const spread = squaresA / count - meanA ** 2 + squaresB / count - meanB ** 2;
  const together = products / count - meanA * meanB;
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  return ((2 * meanA * meanB + c1) * (2 * together + c2)) / ((meanA ** 2 + meanB ** 2 + c1) * (spread + c2));
}
