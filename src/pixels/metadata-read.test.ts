import fc from 'fast-check';
import sharp, { type Exif, type Metadata } from 'sharp';
import { describe, expect, test } from 'vitest';
import { readExif, readGps } from './exif.ts';
import { readHeader } from './load.ts';
import { readMetadata } from './metadata-read.ts';
import { samplePath } from './testing/pictures.ts';
import { fileOf } from './testing/plans.ts';

const photo = () => sharp(samplePath('rocket.jpg')).resize(40);

const EXIF: Exif = {
  IFD0: {
    Make: 'Canon',
    Model: 'EOS R5',
    Artist: 'Ann',
    Copyright: 'Ann, all rights',
    ImageDescription: 'A rocket',
  },
  IFD2: {
    DateTimeOriginal: '2024:05:01 12:30:00',
    OffsetTimeOriginal: '+02:00',
    ExposureTime: '1/250',
    FNumber: '28/10',
    ISOSpeedRatings: '400',
    FocalLength: '50/1',
    FocalLengthIn35mmFilm: '75',
    LensModel: 'RF 50mm',
    BodySerialNumber: 'SERIAL-123',
  },
  IFD3: {
    GPSLatitudeRef: 'N',
    GPSLatitude: '51/1 30/1 3230/100',
    GPSLongitudeRef: 'W',
    GPSLongitude: '0/1 7/1 4366/100',
  },
};

const known = async (bytes: Buffer) => readMetadata(await readHeader(await fileOf(bytes)));
const withExif = (exif: Exif) => photo().withExif(exif);

describe('the fields worth keeping', () => {
  test.each(['jpeg', 'webp', 'png', 'avif'] as const)('from a %s', async (format) => {
    const bytes = await withExif(EXIF).toFormat(format, { effort: 1 }).toBuffer();
    expect(await known(bytes)).toEqual({
      camera_make: 'Canon',
      camera_model: 'EOS R5',
      lens: 'RF 50mm',
      taken_at: '2024-05-01T12:30:00+02:00',
      exposure_seconds: 0.004,
      f_number: 2.8,
      iso: 400,
      focal_length_mm: 50,
      focal_length_35mm: 75,
      copyright: 'Ann, all rights',
      artist: 'Ann',
      description: 'A rocket',
      ...(format === 'avif' ? {} : { orientation_before: 1 }),
    });
  });

  test('never a position or a serial number', async () => {
    const kept = JSON.stringify(await known(await withExif(EXIF).jpeg().toBuffer()));
    expect(kept).not.toMatch(/gps|51|SERIAL/i);
  });

  test.each([
    ['2024:05:01 12:30:00', undefined, '2024-05-01T12:30:00'],
    ['2024:05:01 12:30:00', 'nonsense', '2024-05-01T12:30:00'],
    ['0000:00:00 00:00:00', '+02:00', undefined],
    ['2024:13:45 12:30:00', undefined, undefined],
    ['yesterday', undefined, undefined],
  ])('taken at %s, zone %s: %s', async (time, zone, expected) => {
    const exif = { IFD2: { DateTimeOriginal: time, ...(zone && { OffsetTimeOriginal: zone }) } };
    expect((await known(await withExif(exif).jpeg().toBuffer())).taken_at).toBe(expected);
  });

  test('the orientation that the pixels had', async () => {
    const bytes = await photo().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect((await known(bytes)).orientation_before).toBe(6);
  });

  test('nothing from a picture that says nothing', async () => {
    expect(await known(await photo().webp().toBuffer())).toEqual({});
  });
});

/** A header with nothing in it but these blocks. */
const header = (blocks: Partial<Metadata>) => blocks as Metadata;
const dataset = (number: number, text: string | Buffer) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x1c, 2, number, bytes.length >> 8, bytes.length & 255]), bytes]);
};
const xmp = (body: string) =>
  Buffer.from(
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description>${body}</rdf:Description></rdf:RDF></x:xmpmeta>`,
  );

describe('author and rights from elsewhere', () => {
  test('from IPTC, also inside Photoshop resources', async () => {
    const iptc = Buffer.concat([
      Buffer.from('8BIM\x04\x04\0\0\0\0\0\x40', 'latin1'),
      dataset(0, '\0\x02'),
      dataset(80, 'Bob'),
      dataset(116, '© Bob'),
      dataset(120, 'A cat'),
    ]);
    expect(readMetadata(header({ iptc }))).toEqual({
      artist: 'Bob',
      copyright: '© Bob',
      description: 'A cat',
    });
  });

  test('Latin-1 where it is no UTF-8', async () => {
    const iptc = dataset(116, Buffer.from('© Zoë', 'latin1'));
    expect(readMetadata(header({ iptc }))).toEqual({ copyright: '© Zoë' });
  });

  test('from XMP', async () => {
    const rights =
      '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">Zoë &amp; Co</rdf:li></rdf:Alt></dc:rights>';
    const creator = '<dc:creator><rdf:Seq><rdf:li>Zoë</rdf:li><rdf:li>Co</rdf:li></rdf:Seq></dc:creator>';
    expect(readMetadata(header({ xmp: xmp(rights + creator) }))).toEqual({
      copyright: 'Zoë & Co',
      artist: 'Zoë',
    });
  });

  test('EXIF has the first word', async () => {
    const jpeg = await withExif({ IFD0: { Copyright: 'from EXIF' } })
      .jpeg()
      .toBuffer();
    const { exif } = await sharp(jpeg).metadata();
    const kept = readMetadata(header({ ...(exif && { exif }), iptc: dataset(116, 'from IPTC') }));
    expect(kept).toEqual({ copyright: 'from EXIF' });
  });
});

describe('hostile metadata', () => {
  const block = async () =>
    (await sharp(await withExif(EXIF).jpeg().toBuffer()).metadata()).exif ?? Buffer.alloc(0);

  test('EXIF with bytes changed at random neither throws nor hangs, and gives only texts and numbers', async () => {
    const good = await block();
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.constantFrom(0, 1, 2, 4, 127, 255) });
    const before = process.cpuUsage();
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), fc.nat(good.length), (changes, end) => {
        const bad = Buffer.from(good.subarray(0, end % 7 === 0 ? end : good.length));
        for (const { at, to } of changes) if (at < bad.length) bad[at] = to;
        const kept = readMetadata(header({ exif: bad }));
        for (const value of Object.values(kept)) expect(['string', 'number']).toContain(typeof value);
        readGps(bad);
      }),
      { numRuns: 2000 },
    );
    // a fraction of a second here; a reader that believes the counts takes minutes
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
  });

  test('counts of billions are not believed', async () => {
    const bad = Buffer.concat([await block(), Buffer.alloc(60_000, 7)]);
    const entries = bad.readUInt16LE(14);
    for (let entry = 0; entry < entries; entry += 1) bad.writeUInt32LE(0xffffffff, 16 + 12 * entry + 4);
    expect(readExif(bad)).toEqual({});
  });

  test('neither are lists of numbers where one is due', () => {
    const list = (count: number) => {
      const bytes = Buffer.alloc(4096, 1);
      bytes.write('II*\0\x08\0\0\0\x01\0', 'latin1');
      bytes.writeUInt16LE(34665, 10);
      bytes.writeUInt16LE(4, 12);
      bytes.writeUInt32LE(1, 14);
      bytes.writeUInt32LE(100, 18);
      bytes.writeUInt16LE(1, 100);
      bytes.writeUInt16LE(34855, 102);
      bytes.writeUInt16LE(3, 104);
      bytes.writeUInt32LE(count, 106);
      bytes.writeUInt32LE(200, 110);
      return bytes;
    };
    expect(readExif(list(3))).toEqual({ ISO: [257, 257, 257] });
    expect(readExif(list(1000))).toEqual({});
  });

  test('directories that point at themselves end', async () => {
    const bad = await block();
    const entries = bad.readUInt16LE(14);
    for (let entry = 0; entry < entries; entry += 1) {
      const isPointer = bad.readUInt16LE(16 + 12 * entry) === 34665;
      if (isPointer) bad.writeUInt32LE(8, 16 + 12 * entry + 8);
    }
    expect(readExif(bad)).toMatchObject({ Make: 'Canon' });
  });

  test.each<[string, Partial<Metadata>]>([
    ['EXIF of zeros', { exif: Buffer.alloc(1000) }],
    ['EXIF of one byte', { exif: Buffer.from([1]) }],
    ['EXIF of megabytes', { exif: Buffer.alloc(5_000_000, 0x49) }],
    ['IPTC that lies about its length', { iptc: Buffer.from([0x1c, 2, 116, 0x7f, 0xff, 65]) }],
    ['IPTC of markers', { iptc: Buffer.alloc(50_000, 0x1c) }],
    ['XMP that never ends', { xmp: Buffer.from('<dc:rights>'.repeat(10_000)) }],
    ['XMP with entities', { xmp: xmp('<!ENTITY a "b"><dc:rights><rdf:li>&a;<b></rdf:li></dc:rights>') }],
  ])('%s gives nothing', async (_, blocks) => {
    expect(readMetadata(header(blocks))).toEqual({});
  });

  test('texts are cut, and cleaned of control characters', async () => {
    const iptc = dataset(116, `a\0\u0007b ${'x'.repeat(5000)}`);
    const { copyright } = readMetadata(header({ iptc }));
    expect(String(copyright)).toMatch(/^a b x{400,496}$/);
  });
});
