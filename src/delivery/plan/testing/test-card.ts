import sharp, { type Sharp } from 'sharp';

/**
 * The card that pictures are measured with: four quarters of one colour each, none as large as another, so that every
 * corner, turn and mirror image can be told apart; and one patch of fine detail for what looks for detail.
 */

export const CARD = { width: 240, height: 160 } as const;
/** Where the quarters meet, as shares of the sides. */
export const MEETING = { x: 0.4, y: 0.55 } as const;

const COLOURS = {
  R: [230, 20, 20],
  G: [20, 170, 20],
  B: [20, 20, 230],
  Y: [240, 220, 20],
  W: [255, 255, 255],
  /** black, or what shows no colour at all */
  K: [0, 0, 0],
} as const;
export type Colour = keyof typeof COLOURS;
const NAMES = Object.keys(COLOURS) as Colour[];

type Rgb = readonly [number, number, number];

/** Columns and rows of the patch, as shares: in the yellow quarter, away from the places that are looked at. */
const PATCH = { left: 0.7, right: 0.88, top: 0.64, bottom: 0.86 } as const;
/** pixels: its squares are still there when the card is a quarter of its size */
const SQUARE = 6;

/** Raw pixels, three bytes each. `quarters` name the colours left to right, top to bottom. */
export function cardPixels(
  quarters = 'RGBY',
  { width, height } = CARD as { width: number; height: number },
): Sharp {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [column, row] = [x / width, y / height];
      const quarter = quarters[(row < MEETING.y ? 0 : 2) + (column < MEETING.x ? 0 : 1)] as Colour;
      const colour = isInPatch(column, row) ? skinAt(x, y) : COLOURS[quarter];
      data.set(colour, (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function isInPatch(column: number, row: number): boolean {
  return column > PATCH.left && column < PATCH.right && row > PATCH.top && row < PATCH.bottom;
}

/** Squares of the colours of skin, light and dark without any order: what libvips likes best. */
function skinAt(x: number, y: number): Rgb {
  const square = Math.floor(x / SQUARE) * 7 + Math.floor(y / SQUARE) * 13;
  const light = ((square * 37) % 11) / 10;
  return [60 + 180 * light, 40 + 130 * light, 30 + 100 * light];
}

/** The card as a JPEG that has to be turned as EXIF orientation says, 1..8, to be seen as it is. */
export async function cardLying(orientation: number, options: { tagged: boolean }): Promise<Buffer> {
  const lying = sharp(await laidDown(cardPixels(), orientation).png({ compressionLevel: 1 }).toBuffer());
  const tagged = options.tagged ? lying.withMetadata({ orientation }) : lying;
  return tagged.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** The reverse of what EXIF 2.32, 4.6.4 A says a reader has to do. sharp mirrors before it turns. */
function laidDown(card: Sharp, orientation: number): Sharp {
  switch (orientation) {
    case 2:
      return card.flop();
    case 3:
      return card.rotate(180);
    case 4:
      return card.flip();
    case 5:
      return card.flip().rotate(90);
    case 6:
      return card.rotate(270);
    case 7:
      return card.flip().rotate(270);
    case 8:
      return card.rotate(90);
    default:
      return card;
  }
}

/** Where a picture is looked at, as shares of its sides. */
const PLACES = [0.08, 0.5, 0.92] as const;

export interface Seen {
  /** `240x160` */
  readonly size: string;
  /**
   * The colours at nine places, row by row: `RGG/RGG/BYY` is the card as it is. The one that is nearest is meant, so
   * that encoders may have their way.
   */
  readonly colours: string;
}

/** What a person would see of a page of a picture. */
export async function seen(picture: Buffer | string, page = 0): Promise<Seen> {
  const { data, info } = await sharp(picture, { page }).raw().toBuffer({ resolveWithObject: true });
  const colourAt = (x: number, y: number) => {
    const pixel = Math.floor(y * info.height) * info.width + Math.floor(x * info.width);
    const [red = 0, green = 0, blue = 0, alpha = 255] = data
      .subarray(pixel * info.channels)
      .subarray(0, info.channels);
    return alpha < 128 ? 'K' : nearest([red, green, blue]);
  };
  return {
    size: `${info.width}x${info.height}`,
    colours: PLACES.map((y) => PLACES.map((x) => colourAt(x, y)).join('')).join('/'),
  };
}

function nearest(pixel: Rgb): Colour {
  return NAMES.reduce((best, name) =>
    distance(pixel, COLOURS[name]) < distance(pixel, COLOURS[best]) ? name : best,
  );
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
