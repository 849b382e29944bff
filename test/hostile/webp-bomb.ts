/**
 * A valid lossless WebP of 38 bytes that decodes to `side` x `side` pixels of one colour (at most 16,384). The
 * attack: each of the five prefix codes has one symbol, which costs no bit at all, so a picture of any size
 * fits in the header.
 */
export function webpBomb(side: number): Buffer {
  const bits = new Bits();
  bits
    .add(side - 1, 14)
    .add(side - 1, 14)
    .add(0, 1)
    .add(0, 3);
  bits.add(0, 1).add(0, 1).add(0, 1); // no transform, no colour cache, no meta prefix codes
  for (const symbol of [0x80, 0x80, 0x80, 0xff, 0]) bits.add(1, 1).add(0, 1).add(1, 1).add(symbol, 8);
  const image = Buffer.concat([Buffer.from([0x2f]), bits.bytes()]);
  const padded = Buffer.concat([image, Buffer.alloc(18 - image.length)]);
  return Buffer.concat([
    Buffer.from('RIFF', 'latin1'),
    u32(padded.length + 12),
    Buffer.from('WEBPVP8L', 'latin1'),
    u32(padded.length),
    padded,
  ]);
}

/** Bits as WebP wants them: the lowest first. */
class Bits {
  #bits = '';

  add(value: number, width: number): this {
    this.#bits += value.toString(2).padStart(width, '0').split('').reverse().join('');
    return this;
  }

  bytes(): Buffer {
    const bytes = this.#bits.match(/.{1,8}/g) ?? [];
    return Buffer.from(bytes.map((byte) => Number.parseInt(byte.split('').reverse().join(''), 2)));
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
