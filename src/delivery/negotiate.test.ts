import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from './accepted-formats.ts';
import { parseDelivery } from './grammar/parse.ts';
import { negotiate } from './negotiate.ts';

const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';
const SAFARI =
  'image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const FIREFOX = 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const OLD_SAFARI = 'image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5';

const photo: Family = { isAnimated: false, hasAlpha: false };
const logo: Family = { isAnimated: false, hasAlpha: true };
const film: Family = { isAnimated: true, hasAlpha: true };

type Headers = Readonly<Record<string, string | undefined>>;

function ask(query: string, headers: Headers = {}, family: Family = photo) {
  return negotiate((name) => headers[name], parseDelivery(query), family);
}

describe('formats by Accept', () => {
  const cases: [name: string, accept: string | undefined, family: Family, best: string][] = [
    ['Chrome', CHROME, photo, 'avif webp jpeg png gif'],
    ['Safari', SAFARI, photo, 'avif webp jpeg png gif'],
    ['Firefox', FIREFOX, logo, 'avif webp png jpeg gif'],
    ['a browser that names PNG and means JPEG too', OLD_SAFARI, photo, 'jpeg png gif avif webp'],
    ['the same for what is transparent', OLD_SAFARI, logo, 'png jpeg gif avif webp'],
    ['a client that likes PNG better than JPEG', 'image/png, image/jpeg;q=0.5', photo, 'png jpeg'],
    ['a client that says nothing', undefined, photo, 'jpeg png gif avif webp'],
    ['an empty header', '', photo, 'jpeg png gif avif webp'],
    ['curl and most libraries', '*/*', photo, 'jpeg png gif avif webp'],
    ['any image', 'image/*', logo, 'png jpeg gif avif webp'],
    ['one format only', 'image/webp', photo, 'webp'],
    [
      'weights decide before our taste',
      'image/avif;q=0.5, image/webp;q=0.9, */*;q=0.1',
      photo,
      'webp avif jpeg png gif',
    ],
    ['anything is better than WebP', 'image/webp;q=0.5, */*', photo, 'jpeg png gif webp avif'],
    ['a JPEG is preferred by name', 'image/jpeg, image/webp;q=0.3', photo, 'jpeg webp'],
    ['q=0 is a refusal', 'image/avif;q=0, image/webp, */*;q=0.5', photo, 'webp jpeg png gif'],
    ['a refusal beats a wildcard', '*/*, image/jpeg;q=0', photo, 'png gif avif webp'],
    ['a refused group', 'image/*;q=0, image/webp', photo, 'webp'],
    ['everything refused', '*/*;q=0', photo, ''],
    ['no picture at all', 'text/html', photo, ''],
    ['case and spaces', ' IMAGE/WebP ; Q=0.7 ,*/* ;q=0.1', photo, 'webp jpeg png gif avif'],
    ['parameters of the type', 'image/webp;level=1;q=0.4', photo, 'webp'],
    ['a weight that is none', 'image/webp;q=high, image/png', photo, 'png'],
    ['a weight above one', 'image/webp;q=1.5, image/png', photo, 'png'],
    ['nonsense among sense', ';;,,image/webp,/', photo, 'webp'],
    ['nothing but nonsense', 'webp please', photo, 'jpeg png gif avif webp'],
    ['what moves', CHROME, film, 'webp gif avif png jpeg'],
    ['what moves, for whom WebP is unknown', '*/*', film, 'gif png jpeg webp avif'],
  ];
  it.each(cases)('%s', (_name, accept, family, best) => {
    const { formats, isOpen } = ask('w=300&auto=format', { accept }, family);
    expect([formats?.join(' '), isOpen]).toEqual([best, true]);
  });

  it.each([
    ['auto=format leaves it to the client', 'w=300&auto=format', 'webp jpeg png gif avif'],
    ['so does a picture as it is stored', '', 'webp jpeg png gif avif'],
    ['and a variant', 'v=medium', 'webp jpeg png gif avif'],
    ['and one that is only to be saved', 'dl=x', 'webp jpeg png gif avif'],
    ['fm names it', 'fm=avif', 'avif'],
    ['fm names it under auto=format too', 'w=300&fm=png8&auto=format', 'png'],
    ['without either it is the source’s own', 'w=300', undefined],
    ['also where only its look is changed', 'blur=20', undefined],
    ['also where a client may say the width', 'ch=Width', undefined],
    ['text has none', 'fm=json', undefined],
  ])('%s', (_name, query, best) => {
    expect(ask(query, { accept: 'image/webp,*/*;q=0.8' }).formats?.join(' ')).toBe(best);
  });

  it('are read from no more than the beginning of an endless header', () => {
    expect(ask('', { accept: `${'image/x;q=0.1,'.repeat(10_000)}image/webp` }).formats).toEqual([]);
  });
});

describe('the link', () => {
  const slow: [name: string, headers: Headers][] = [
    ['Save-Data', { 'save-data': 'on' }],
    ['Save-Data in capitals', { 'save-data': ' On ' }],
    ['slow 2G', { ect: 'slow-2g' }],
    ['2G', { ect: '2g' }],
    ['3G', { ect: '3g' }],
    ['a long way', { ect: '4g', rtt: '151' }],
    ['a thin pipe', { ect: '4g', downlink: '4.9' }],
  ];
  const quick: [name: string, headers: Headers][] = [
    ['nothing', {}],
    ['4G', { ect: '4g', rtt: '150', downlink: '5' }],
    ['Save-Data switched off', { 'save-data': 'off' }],
    ['nonsense', { ect: 'fast', rtt: '-1', downlink: 'slow', 'save-data': 'yes' }],
    ['numbers that are none', { rtt: '1e9', downlink: '0x1' }],
    ['a round trip of no time', { rtt: '0', downlink: '10' }],
  ];
  it.each(slow)('%s is slow', (_name, headers) => {
    expect(ask('w=300&auto=format', headers).quality).toBe('saving');
  });
  it.each(quick)('%s is quick', (_name, headers) => {
    expect(ask('w=300&auto=format', headers).quality).toBe('usual');
  });

  const everything = { 'save-data': 'on', ect: '2g', rtt: '900', downlink: '0.1' };
  it.each([
    ['does not count without auto', 'w=300', 'usual'],
    ['does not count where the quality is given', 'w=300&auto=format&q=80', 'usual'],
    ['does not count where nothing may be lost', 'w=300&auto=format&fm=webp&lossless=true', 'usual'],
    ['does not count for formats that lose nothing', 'w=300&auto=format&fm=png', 'usual'],
    ['does not count where auto=compress saves already', 'w=300&auto=format,compress', 'usual'],
    ['does not count for what is stored', 'v=medium&auto=format', 'usual'],
    ['counts for a picture as large as what is stored', 'auto=format', 'saving'],
    ['counts where the format is named', 'w=300&auto=format&fm=jpg', 'saving'],
    ['Save-Data counts where ch lets it', 'w=300&ch=Save-Data', 'saving'],
  ])('%s', (_name, query, quality) => {
    expect(ask(query, everything).quality).toBe(quality);
  });

  it('is not asked about where only Save-Data may speak', () => {
    expect(ask('w=300&ch=Save-Data', { ...everything, 'save-data': undefined }).quality).toBe('usual');
  });
});

describe('the screen', () => {
  const cases: [name: string, query: string, headers: Headers, width?: number | undefined, dpr?: number][] = [
    ['its density', 'w=300&ch=DPR', { 'sec-ch-dpr': '2' }, undefined, 2],
    ['its density by the old name', 'w=300&ch=DPR', { dpr: '1.5' }, undefined, 1.5],
    ['the new name before the old', 'w=300&ch=DPR', { 'sec-ch-dpr': '3', dpr: '1' }, undefined, 3],
    ['the old name where the new is nonsense', 'w=300&ch=DPR', { 'sec-ch-dpr': 'x', dpr: '2' }, undefined, 2],
    ['a density in between, rounded up', 'w=300&ch=DPR', { dpr: '2.625' }, undefined, 3],
    ['a density below one', 'h=300&ch=DPR', { dpr: '0.75' }, undefined, 1],
    ['more than anybody sees', 'w=300&ch=DPR', { dpr: '4' }, undefined, 3],
    ['a density that is none', 'w=300&ch=DPR', { dpr: '0' }],
    ['a density of no screen', 'w=300&ch=DPR', { dpr: '1000' }],
    ['nothing that ch does not let speak', 'w=300', { dpr: '2', width: '500' }],
    ['no density where dpr is given', 'w=300&dpr=1.5&ch=DPR', { dpr: '3' }],
    ['no density where dpr is given as 1', 'w=300&dpr=1&ch=DPR', { dpr: '3' }],
    ['no density where there is no side', 'blur=5&ch=DPR', { dpr: '3' }],
    ['no density of a variant', 'v=medium&ch=DPR,Width', { dpr: '3', width: '500' }],
    ['the width of the image', 'ch=Width', { 'sec-ch-width': '640' }, 640],
    ['the width by the old name, rounded up', 'ch=Width', { width: '641' }, 800],
    ['the width has the density in it', 'ch=Width,DPR', { width: '500', dpr: '2' }, 640],
    ['the width beside a height', 'h=200&ch=Width', { width: '320' }, 320],
    ['no width where w is given', 'w=300&ch=Width', { width: '500' }],
    ['more than is ever sent', 'ch=Width', { width: '20000' }, 3840],
    ['the window, where the image says nothing', 'ch=Width', { 'sec-ch-viewport-width': '390' }, 480],
    [
      'the window in pixels of the screen',
      'ch=Width,DPR',
      { 'sec-ch-viewport-width': '390', dpr: '3' },
      1280,
    ],
    ['nothing where nothing is said', 'h=200&ch=Width,DPR', {}],
  ];
  it.each(cases)('%s', (_name, query, headers, width, dpr) => {
    const said = ask(query, headers);
    expect([said.width, said.dpr]).toEqual([width, dpr]);
  });
});

describe('what caches are told', () => {
  const cases: [query: string, vary: string, acceptCh: string][] = [
    ['', 'Accept', ''],
    ['fm=webp', '', ''],
    ['v=medium', 'Accept', ''],
    ['v=medium&fm=jpg&g=1', '', ''],
    ['w=300', '', ''],
    ['w=300&fm=jpg', '', ''],
    ['w=300&auto=format', 'Accept, Save-Data, ECT, RTT, Downlink', 'Save-Data, ECT'],
    ['w=300&auto=format&q=60', 'Accept', ''],
    ['w=300&auto=compress', '', ''],
    ['w=300&auto=format,compress', 'Accept', ''],
    ['w=300&fm=jpg&auto=format', 'Save-Data, ECT, RTT, Downlink', 'Save-Data, ECT'],
    ['w=300&ch=DPR', 'Sec-CH-DPR, DPR', 'Sec-CH-DPR, DPR'],
    ['w=300&ch=Width,Save-Data', 'Save-Data', 'Save-Data'],
    ['ch=Width', 'Sec-CH-Width, Width, Sec-CH-Viewport-Width', 'Sec-CH-Width, Width, Sec-CH-Viewport-Width'],
    ['fm=json&ch=Width&auto=format', '', ''],
  ];
  it.each(cases)('%j', (query, vary, acceptCh) => {
    const { varyOn, acceptCh: asked } = ask(query, { accept: CHROME });
    expect([varyOn.join(', '), asked.join(', ')]).toEqual([vary, acceptCh]);
  });
});

describe('buckets', () => {
  it.each([
    [CHROME, 'image/avif,image/webp,image/*'],
    [SAFARI, 'image/avif,image/webp,image/*'],
    [FIREFOX, 'image/avif,image/webp,image/*'],
    ['image/webp,*/*;q=0.8', 'image/webp,image/*;q=0.9'],
    ['image/webp', 'image/webp'],
    [OLD_SAFARI, 'image/*'],
    ['*/*', 'image/*'],
    [undefined, 'image/*'],
    ['image/*, image/avif;q=0', 'image/avif;q=0,image/*'],
    ['text/html', 'image/*;q=0'],
  ])('fold %j to %j', (accept, bucket) => {
    expect(ask('auto=format&q=50', { accept }).buckets).toEqual({ accept: bucket });
  });

  it('fold what is said of screen and link', () => {
    const headers = { dpr: '2.2', width: '700', ect: '3g', rtt: '175', downlink: '1.2' };
    const query = 'auto=format&fm=webp&ch=DPR,Width';
    expect(ask(`w=100&${query}`, headers).buckets).toEqual({ 'sec-ch-dpr': '3', 'save-data': 'on' });
    expect(ask(query, headers).buckets).toEqual({ 'sec-ch-width': '800', 'save-data': 'on' });
  });

  const q = fc.constantFrom('', ';q=0', ';q=0.1', ';q=0.5', ';q=0.9', ';q=1');
  const type = fc.constantFrom(
    ...['image/avif', 'image/webp', 'image/jpeg', 'image/png', 'image/gif', 'image/*', '*/*', 'text/html'],
  );
  const accept = fc
    .array(
      fc.tuple(type, q).map((range) => range.join('')),
      { maxLength: 7 },
    )
    .map((ranges) => ranges.join(', '));
  const number = fc.oneof(
    fc.double({ min: 0, max: 5000, noNaN: true }).map(String),
    fc.constantFrom('', 'x'),
  );
  const hints = {
    'save-data': fc.constantFrom('on', 'off'),
    ect: fc.constantFrom('2g', '3g', '4g'),
    ...{ rtt: number, downlink: number, dpr: number, 'sec-ch-dpr': number },
    ...{ width: number, 'sec-ch-viewport-width': number },
  };
  const said: fc.Arbitrary<Headers> = fc.record({ accept, ...hints }, { requiredKeys: [] });
  const query = fc.constantFrom('', 'v=a', 'auto=format', 'ch=Width,DPR&auto=format', 'w=9&ch=DPR,Save-Data');
  const family = fc.constantFrom(photo, logo, film);

  it('in the place of the client’s own headers lead to the same answer', () => {
    fc.assert(
      fc.property(said, query, family, (headers, asked, kind) => {
        const first = ask(asked, headers, kind);
        expect(ask(asked, first.buckets, kind)).toEqual(first);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the function', () => {
  /** The function with all that it imports, as one script without types. */
  async function bundle(): Promise<string> {
    const scripts = new Map<string, string>();
    const add = async (path: string): Promise<void> => {
      const code = stripTypeScriptTypes(await readFile(new URL(path, import.meta.url), 'utf8'));
      for (const [, from = ''] of code.matchAll(/^import [^;]*? from '([^']+)';/gms)) {
        expect(from, `${path} imports ${from}`).toMatch(/^\.\/[\w-]+\.ts$/);
        if (!scripts.has(from)) await add(from);
      }
      scripts.set(path, code.replaceAll(/^import [^;]*;|^export /gms, ''));
    };
    await add('./negotiate.ts');
    return [...scripts.values()].join('');
  }

  it('can run at the edge: it needs nothing of Node, and fits into what a CloudFront function may be', async () => {
    const script = await bundle();
    const alone = runInNewContext(`${script}; negotiate`) as typeof negotiate;
    const headers: Headers = { accept: FIREFOX, 'sec-ch-dpr': '2', rtt: '300' };
    const query = 'w=300&auto=format&ch=DPR';
    const answer = alone((name) => headers[name], parseDelivery(query), logo);
    expect(JSON.parse(JSON.stringify(answer))).toEqual(ask(query, headers, logo));
    const shortened = script.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').replaceAll(/\s+/g, ' ');
    expect(shortened.length).toBeLessThan(10_000);
  });
});
