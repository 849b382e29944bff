import { crc32, deflateSync } from 'node:zlib';

/** Colour spaces in numbers, and pictures tagged with them, to check colour against arithmetic and not against libvips. */

type Row = readonly [number, number, number];
type Matrix = readonly [Row, Row, Row];

export interface ColourSpace {
  readonly name: string;
  /** linear RGB to XYZ, adapted to D50 as profiles have it */
  readonly toXyz: Matrix;
  /** pure power curve */
  readonly gamma: number;
}

/** Adobe RGB (1998), section 4.3.5 and annex, adapted to D50. */
export const ADOBE_RGB: ColourSpace = {
  name: 'Adobe RGB',
  gamma: 563 / 256,
  toXyz: [
    [0.60974, 0.20528, 0.14919],
    [0.31111, 0.62567, 0.06322],
    [0.01947, 0.06087, 0.74457],
  ],
};

/** Display P3's primaries with a plain curve. */
export const WIDE: ColourSpace = {
  name: 'P3 primaries',
  gamma: 2.2,
  toXyz: [
    [0.51512, 0.29198, 0.1571],
    [0.2412, 0.69225, 0.06657],
    [-0.00105, 0.04189, 0.78407],
  ],
};

/** XYZ at D50 to linear sRGB: inverse of the sRGB profile's matrix. */
const XYZ_TO_SRGB: Matrix = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
];

/** What sRGB values, 0..255, a colour has that is written in the space. IEC 61966-2-1 for the curve. */
export function toSrgb(colour: Row, space: ColourSpace): number[] {
  const linear = colour.map((value) => (value / 255) ** space.gamma) as unknown as Row;
  const rgb = times(XYZ_TO_SRGB, times(space.toXyz, linear));
  return rgb.map((value) => {
    const clipped = Math.min(1, Math.max(0, value));
    const coded = clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * clipped ** (1 / 2.4) - 0.055;
    return Math.round(coded * 255);
  });
}

function times(matrix: Matrix, [x, y, z]: Row): Row {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Row;
}

/** The PNG with the space's profile in it, its numbers untouched. */
export function tagged(png: Buffer, space: ColourSpace): Buffer {
  const data = Buffer.concat([Buffer.from('test\0\0', 'latin1'), deflateSync(profileOf(space))]);
  const afterHeader = 8 + 25;
  return Buffer.concat([png.subarray(0, afterHeader), pngChunk('iCCP', data), png.subarray(afterHeader)]);
}

export function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

/** A version 2 matrix profile (ICC.1:2001-04): header, table of tags, tags. */
function profileOf(space: ColourSpace): Buffer {
  const column = (index: 0 | 1 | 2) => xyzTag(space.toXyz.map((row) => row[index]) as unknown as Row);
  const curve = curveTag(space.gamma);
  const tags: [string, Buffer][] = [
    ['desc', descriptionTag(space.name)],
    ['cprt', Buffer.from('text\0\0\0\0none\0\0\0\0', 'latin1')],
    ['wtpt', xyzTag([0.9642, 1, 0.8249])],
    ['rXYZ', column(0)],
    ['gXYZ', column(1)],
    ['bXYZ', column(2)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  let offset = 128 + table.length;
  for (const [index, [name, data]] of tags.entries()) {
    table.write(name, 4 + 12 * index, 'latin1');
    table.writeUInt32BE(offset, 8 + 12 * index);
    table.writeUInt32BE(data.length, 12 + 12 * index);
    offset += data.length;
  }
  return Buffer.concat([header(offset), table, ...tags.map(([, data]) => data)]);
}

function header(size: number): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32BE(size, 0);
  bytes.writeUInt32BE(0x02400000, 8);
  bytes.write('mntrRGB XYZ ', 12, 'latin1');
  bytes.write('acsp', 36, 'latin1');
  xyzTag([0.9642, 1, 0.8249]).copy(bytes, 68, 8);
  return bytes;
}

function xyzTag(values: Row): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.write('XYZ ', 'latin1');
  for (const [index, value] of values.entries()) bytes.writeInt32BE(Math.round(value * 65536), 8 + 4 * index);
  return bytes;
}

function curveTag(gamma: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write('curv', 'latin1');
  bytes.writeUInt32BE(1, 8);
  bytes.writeUInt16BE(Math.round(gamma * 256), 12);
  return bytes;
}

function descriptionTag(name: string): Buffer {
  const bytes = Buffer.alloc(12 + name.length + 1 + 4 + 4 + 2 + 1 + 67 + 3);
  bytes.write('desc', 'latin1');
  bytes.writeUInt32BE(name.length + 1, 8);
  bytes.write(name, 12, 'latin1');
  return bytes.subarray(0, bytes.length - (bytes.length % 4));
}
