import sharp from 'sharp';

const SAMPLES = ['hubble_deep_field.jpg', 'rocket.jpg', 'astronaut.png', 'coffee.png', 'chelsea.png'];
const TOLERANCE = 0.05;

/**
 * JPEGs of nearly that many bytes, no two the same: parts of photographs, enlarged where they are small, with the
 * quality that comes nearest.
 */
export async function jpegsOf(bytes: number, count: number): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  for (let number = 0; number < count; number += 1) pictures.push(await jpegOf(bytes, number));
  return pictures;
}

async function jpegOf(bytes: number, number: number): Promise<Buffer> {
  const sample = new URL(`../../samples/${SAMPLES[number % SAMPLES.length]}`, import.meta.url).pathname;
  const { width = 0, height = 0 } = await sharp(sample).metadata();
  const cut = 0.7 + (0.3 * ((number * 7) % 10)) / 10;
  const area = { left: 0, top: 0, width: Math.floor(width * cut), height: Math.floor(height * cut) };
  for (let side = 700; side <= 3_000; side += 300) {
    const pixels = sharp(sample)
      .extract(area)
      .resize(side, side, { fit: 'inside', withoutEnlargement: false });
    let [low, high] = [30, 98];
    while (low <= high) {
      const quality = Math.floor((low + high) / 2);
      const made = await pixels.clone().jpeg({ quality }).toBuffer();
      if (Math.abs(made.length - bytes) <= bytes * TOLERANCE) return made;
      if (made.length > bytes) high = quality - 1;
      else low = quality + 1;
    }
  }
  throw new Error(`no JPEG of ${bytes} bytes could be made of ${sample}`);
}
