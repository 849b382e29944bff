import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readExif, readGps } from './exif.ts';
import { render } from './render.ts';
import type { Encoding, MetadataGroup } from './render-plan.ts';
import { pngChunk } from './testing/colour-profiles.ts';
import { plain, samplePath } from './testing/pictures.ts';
import {
  AVIF,
  fileOf,
  GIF,
  JPEG,
  output,
  PNG,
  planOf,
  renderOne,
  temporaryFolder,
  WEBP,
} from './testing/plans.ts';

const ENCODINGS: Encoding[] = [JPEG, WEBP, PNG, AVIF, GIF];
const SECRETS = [
  'SECRET-GPS',
  'SECRET-SERIAL',
  'SECRET-NOTE',
  'SECRET-XMP',
  'SECRET-IPTC',
  'SECRET-COMMENT',
  'SECRET-TAIL',
  'MakerNote',
  '<script',
];

/** A photograph with something to hide in every place that a file has. */
async function telltale(): Promise<Buffer> {
  const jpeg = await sharp(samplePath('rocket.jpg'))
    .resize(80)
    .withExif({
      IFD0: {
        Make: 'Canon',
        Model: 'EOS',
        // libvips drops a last pair of brackets when it writes
        Copyright: 'Ann (a, b) (dropped)',
        Artist: 'Ann',
        ImageDescription: 'rocket',
      },
      IFD2: {
        DateTimeOriginal: '2024:05:01 12:30:00',
        ExposureTime: '1/250',
        FNumber: '28/10',
        ISOSpeedRatings: '400',
        LensModel: 'RF',
        BodySerialNumber: 'SECRET-SERIAL',
        UserComment: 'SECRET-NOTE',
      },
      IFD3: {
        GPSLatitudeRef: 'S',
        GPSLatitude: '51/1 30/1 3230/100',
        GPSLongitudeRef: 'W',
        GPSLongitude: '0/1 7/1 4366/100',
        GPSAltitudeRef: '1',
        GPSAltitude: '35/1',
        GPSMapDatum: 'SECRET-GPS',
      },
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><script>SECRET-XMP</script></x:xmpmeta>')
    .jpeg()
    .toBuffer();
  const comment = Buffer.from('\xff\xfe\0\x10SECRET-COMMENT', 'latin1');
  const iptc = Buffer.from('\xff\xed\0\x2aPhotoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0aSECRET-IPTC', 'latin1');
  iptc.writeUInt16BE(iptc.length - 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), comment, iptc, jpeg.subarray(2), Buffer.from('SECRET-TAIL')]);
}

test('the telltale photograph tells: else the tests below would prove nothing', async () => {
  const text = (await telltale()).toString('latin1');
  for (const secret of SECRETS.filter((it) => it !== 'MakerNote')) expect(text).toContain(secret);
});

describe.each(ENCODINGS.map((encoding) => [encoding.format, encoding] as const))('%s', (format, encoding) => {
  test('carries nothing of the source unless it is named', async () => {
    const made = await renderOne(await fileOf(await telltale()), [], encoding);
    const metadata = await sharp(made.path).metadata();
    const { exif, xmp, iptc, icc, comments } = metadata;
    expect([exif, xmp, iptc, icc, comments]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    const text = readFileSync(made.path, 'latin1');
    for (const secret of [...SECRETS, 'Canon', 'Exif', 'GPS', 'Photoshop'])
      expect(text).not.toContain(secret);
  });

  test('carries nothing but the groups that are named', async () => {
    const keep: MetadataGroup[] = ['copyright', 'camera', 'taken_at', 'description', 'profile'];
    const made = await renderOne(await fileOf(await telltale()), [], encoding, { keep });
    const text = readFileSync(made.path, 'latin1');
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    const metadata = await sharp(made.path).metadata();
    expect(readGps(metadata.exif)).toEqual({});
    if (format === 'gif') return;
    expect(readExif(metadata.exif)).toEqual({
      Make: 'Canon',
      Model: 'EOS',
      Copyright: 'Ann (a, b)',
      Artist: 'Ann',
      ImageDescription: 'rocket',
      DateTimeOriginal: '2024:05:01 12:30:00',
      ExposureTime: 0.004,
      FNumber: 2.8,
      ISO: 400,
      LensModel: 'RF',
    });
    expect(metadata.icc?.length).toBe(480);
  });

  test('carries the position only where it is named', async () => {
    if (format === 'gif') return;
    const made = await renderOne(await fileOf(await telltale()), [], encoding, { keep: ['gps'] });
    const { exif } = await sharp(made.path).metadata();
    expect(readGps(exif)).toMatchObject({
      GPSLatitudeRef: 'S',
      GPSLatitude: [51, 30, 32.3],
      GPSLongitudeRef: 'W',
      GPSLongitude: [0, 7, 43.66],
      GPSAltitude: 35,
    });
    expect(readExif(exif)).toEqual({});
  });

  test('what is kept changes no pixel', async () => {
    const path = await fileOf(await telltale());
    const bare = await renderOne(path, [], encoding);
    const kept = await renderOne(path, [], encoding, { keep: ['copyright', 'gps', 'profile'] });
    const ignoreIcc = { ignoreIcc: true };
    const [a, b] = await Promise.all(
      [bare, kept].map(({ path: file }) => sharp(file, ignoreIcc).raw().toBuffer()),
    );
    expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true);
  });
});

test('an outgoing orientation would turn upright pixels again: there is none, or 1', async () => {
  const bytes = await sharp(await telltale())
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  const made = await renderOne(await fileOf(bytes), [{ step: 'orient', op: 'orient' }], JPEG, {
    keep: ['camera'],
  });
  expect((await sharp(made.path).metadata()).orientation ?? 1).toBe(1);
});

test('texts beyond ASCII are written as near as ASCII comes', async () => {
  const placeholder = 'x'.repeat(Buffer.byteLength('© Zoë 2026 ®'));
  const source = await plain(8, 8, '#804020')
    .withExif({ IFD0: { Copyright: placeholder } })
    .jpeg()
    .toBuffer();
  // as cameras write it that do not know that EXIF is ASCII
  source.write('© Zoë 2026 ®', source.indexOf(placeholder));
  const made = await renderOne(await fileOf(source), [], JPEG, { keep: ['copyright'] });
  const { Copyright } = readExif((await sharp(made.path).metadata()).exif);
  expect(Copyright).toBe('(C) Zoe 2026 (R)');
});

test('text chunks of a PNG do not come along', async () => {
  const png = await plain(8, 8, '#804020').png().toBuffer();
  const chunk = pngChunk('tEXt', Buffer.from('Comment\0SECRET-COMMENT'));
  const path = await fileOf(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]));
  const made = await renderOne(path, [], PNG, { keep: ['description'] });
  expect((await sharp(made.path).metadata()).comments).toBeUndefined();
});

test('a picture so large that it goes straight into its output carries no more than a small one', async () => {
  const small = await telltale();
  const large = await sharp(small).keepMetadata().resize(4600, 3100, { fit: 'fill' }).jpeg().toBuffer();
  expect(large.toString('latin1')).toContain('SECRET-GPS');
  const quick = { ...JPEG, mozjpeg: false, progressive: false };
  for (const keep of [[], ['camera'], ['camera', 'profile']] as const) {
    const made = await renderOne(await fileOf(large), [], quick, { keep });
    const text = readFileSync(made.path, 'latin1');
    for (const secret of [...SECRETS, 'Photoshop', 'rocket']) expect(text).not.toContain(secret);
    expect(text.includes('Canon')).toBe(keep.length > 0);
    expect((await sharp(made.path).metadata()).hasProfile).toBe(keep.length === 2);
  }
});

test('outputs of one plan keep different groups', async () => {
  const path = await fileOf(await telltale());
  const outputs = [output('a', JPEG, ['camera']), output('b', JPEG, ['copyright']), output('c', JPEG)];
  const plan = planOf(path, [{ id: 'f', from: { decode: 'first' }, operations: [], outputs }]);
  const made = (await render(plan, await temporaryFolder())).outputs;
  const fields = await Promise.all(made.map(async (it) => readExif((await sharp(it.path).metadata()).exif)));
  expect(fields).toMatchObject([{ Make: 'Canon' }, { Copyright: 'Ann (a, b)' }, {}]);
  expect(fields[0]).not.toHaveProperty('Copyright');
});
