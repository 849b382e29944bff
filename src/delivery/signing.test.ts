import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../failures.ts';
import { createSigner } from './signing.ts';

const NOW = Date.UTC(2026, 10, 20);
const IN_AN_HOUR = NOW + 3_600_000;
const OLD = { id: 'k1', secret: 'the first secret of this test' };
const NEW = { id: 'k2', secret: 'the second secret of this test' };
const signer = createSigner({ keys: [NEW, OLD] });

const picture = signer.sign({
  method: 'GET',
  path: '/i/0190b2c4-0000-7000-8000-000000000000/a%20photo.jpg',
  query: [
    ['w', '400'],
    ['txt', "& more = 'this' (100%)!*"],
  ],
  expiresAt: IN_AN_HOUR,
});

describe('a signed URL', () => {
  it('has one form: path, parameters, exp, and sig last', () => {
    expect(picture).toMatch(
      /^\/i\/[^?]+\?w=400&txt=%26%20more%20%3D%20%27this%27%20%28100%25%29%21%2A&exp=1795136400&sig=k2\.[A-Za-z0-9_-]{43}$/,
    );
  });

  it('verifies and says until when it is good', () => {
    expect(signer.verify('GET', picture, NOW)).toEqual({ expiresAt: IN_AN_HOUR });
  });

  it('is the known HMAC of its method, path and query', () => {
    const link = createSigner({ keys: [{ id: 'k', secret: 'a secret of 16 c' }] }).sign({
      method: 'PUT',
      path: '/v1/upload/x',
      expiresAt: 1_000_000_999,
    });
    // printf 'PUT\n/v1/upload/x\nexp=1000000' | openssl dgst -sha256 -hmac 'a secret of 16 c' -binary | basenc --base64url
    expect(link).toBe('/v1/upload/x?exp=1000000&sig=k.eVm7RzA0AWpapYbKslCvqpUzdeEx9fUBFI6NeqX1Lgk');
  });

  it('survives clients that parse the URL and write it again', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 4 }),
        (query) => {
          fc.pre(query.every(([name]) => name !== 'exp' && name !== 'sig'));
          const link = signer.sign({ method: 'GET', path: '/i/x', query, expiresAt: IN_AN_HOUR });
          const url = new URL(link, 'https://photos.example');
          expect(url.pathname + url.search).toBe(link);
          expect([...url.searchParams].slice(0, -2)).toEqual(
            query.map(([n, v]) => [n.toWellFormed(), v.toWellFormed()]),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('expires at the second that it names', () => {
    expect(() => signer.verify('GET', picture, IN_AN_HOUR - 1)).not.toThrow();
    expect(() => signer.verify('GET', picture, IN_AN_HOUR)).toThrow(
      expect.objectContaining({ code: 'signature_expired' }),
    );
  });
});

describe('keys', () => {
  const byOld = createSigner({ keys: [OLD] }).sign({ method: 'GET', path: '/a', expiresAt: IN_AN_HOUR });

  it.each([
    ['the first of several signs', createSigner({ keys: [OLD, NEW] }), true],
    ['a later one still verifies', createSigner({ keys: [NEW, OLD] }), true],
    ['one that was taken away does not', createSigner({ keys: [NEW] }), false],
    ['another secret under the same id does not', createSigner({ keys: [{ ...NEW, id: 'k1' }] }), false],
  ])('%s', (_, verifier, good) => {
    expect(outcome(() => verifier.verify('GET', byOld, NOW))).toBe(good ? 'verified' : 'signature_invalid');
  });

  it.each([
    ['none', []],
    ['two with one id', [OLD, { ...NEW, id: 'k1' }]],
    ['a short secret', [{ id: 'k', secret: 'short' }]],
    ['an id that would not fit in a URL', [{ id: 'k.1', secret: OLD.secret }]],
  ])('refuses %s', (_, keys) => {
    expect(() => createSigner({ keys })).toThrow();
  });
});

describe('what cannot be signed', () => {
  it.each([
    ['a path that clients shorten', '/a/../b'],
    ['a path that clients encode', '/a b'],
    ['a path with a query in it', '/a?b=1'],
    ['a path with a fragment', '/a#b'],
    ['another host', '//evil.example/a'],
    ['a path from nowhere', 'a'],
  ])('%s', (_, path) => {
    expect(() => signer.sign({ method: 'GET', path, query: [['w', '1']], expiresAt: IN_AN_HOUR })).toThrow();
  });

  it.each([
    ['a parameter called exp', [['exp', '9999999999']]],
    ['a parameter called sig', [['sig', 'k1.x']]],
    ['more than fits in a request line', [['txt', 'x'.repeat(8192)]]],
  ] as const)('%s is the asker’s fault', (_, query) => {
    const signing = () => signer.sign({ method: 'GET', path: '/a', query, expiresAt: IN_AN_HOUR });
    expect(signing).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });

  it.each([[0], [-1], [999], [Number.NaN], [Number.POSITIVE_INFINITY], [1e18]])(
    'an end at %s ms',
    (expiresAt) => {
      expect(() => signer.sign({ method: 'GET', path: '/a', expiresAt })).toThrow();
    },
  );
});

describe('what was altered is refused', () => {
  const [target = '', signature = ''] = picture.split('&sig=');
  const lastFlipped = signature.slice(0, -1) + nextInBase64url(signature.at(-1) ?? '');

  it.each([
    ['another method', 'HEAD', picture],
    ['a method in lower case', 'get', picture],
    ['another path', 'GET', picture.replace('a%20photo', 'b%20photo')],
    ['another encoding of the path', 'GET', picture.replace('%20', '%2520')],
    ['a plus for a space', 'GET', picture.replaceAll('%20', '+')],
    ['the path decoded', 'GET', picture.replace('a%20photo', 'a photo')],
    ['hex digits in lower case', 'GET', picture.replace('%3D', '%3d')],
    ['a doubled slash', 'GET', picture.replace('/i/', '//i/')],
    ['dots in the path', 'GET', picture.replace('/i/', '/x/../i/')],
    ['another value', 'GET', picture.replace('w=400', 'w=401')],
    ['another order', 'GET', picture.replace(/(w=400)&(txt=[^&]*)/, '$2&$1')],
    ['a parameter taken away', 'GET', picture.replace('w=400&', '')],
    ['a parameter added before', 'GET', picture.replace('?', '?h=1&')],
    ['a parameter added after', 'GET', `${picture}&h=1`],
    ['a parameter added with a semicolon', 'GET', picture.replace('&exp', ';h=1&exp')],
    ['an empty parameter added', 'GET', picture.replace('&exp', '&&exp')],
    ['a fragment', 'GET', `${picture}#x`],
    ['a later end', 'GET', picture.replace('exp=1795136400', 'exp=1795136401')],
    ['a second end', 'GET', picture.replace('&sig', '&exp=1895136400&sig')],
    ['no end', 'GET', picture.replace('&exp=1795136400', '')],
    ['a second signature', 'GET', `${picture}&sig=${signature}`],
    ['a signature before the end', 'GET', `${target.replace('&exp', `&sig=${signature}&exp`)}`],
    ['no signature', 'GET', target],
    ['an empty signature', 'GET', `${target}&sig=`],
    ['only the key id', 'GET', `${target}&sig=k2.`],
    ['the signature of another key', 'GET', picture.replace('sig=k2', 'sig=k1')],
    ['an unknown key', 'GET', picture.replace('sig=k2', 'sig=k9')],
    ['a prototype key', 'GET', picture.replace('sig=k2', 'sig=__proto__')],
    ['a signature that is cut', 'GET', picture.slice(0, -1)],
    ['a last character that decodes to the same bytes', 'GET', `${target}&sig=${lastFlipped}`],
    ['padding', 'GET', `${picture}=`],
    ['a line break at the end', 'GET', `${picture}\n`],
    ['a whole URL', 'GET', `https://photos.example${picture}`],
    ['nothing', 'GET', ''],
    ['far too much', 'GET', `/${'?'.repeat(1_000_000)}`],
  ])('%s', (_, method, given) => {
    expect(given === picture && method === 'GET').toBe(false);
    expect(outcome(() => signer.verify(method, given, NOW))).toBe('signature_invalid');
  });

  it('the last character really decodes to the same bytes', () => {
    expect(Buffer.from(lastFlipped.slice(3), 'base64url')).toEqual(
      Buffer.from(signature.slice(3), 'base64url'),
    );
  });

  it('even where it was signed that way, a second exp or sig in disguise', () => {
    for (const disguised of ['%65xp=9999999999', 'e%78p=1', '%73ig=x', 'exp', 'sig=']) {
      expect(() => signedAsIs(`/a?${disguised}&exp=9999999999`)).toThrow(
        expect.objectContaining({ code: 'signature_invalid' }),
      );
    }
    for (const end of [
      'exp=',
      'exp=0',
      'exp=01',
      'exp=1e9',
      'exp=-1',
      'exp=1.5',
      'exp=%31',
      'exp=9999999999999',
    ]) {
      expect(() => signedAsIs(`/a?${end}`)).toThrow(expect.objectContaining({ code: 'signature_invalid' }));
    }
  });
});

describe('ten thousand mutations of a valid URL', () => {
  it('verify only where they end in the same bytes', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const mutated = mutations.reduce((url, mutate) => mutate(url), picture);
        const result = outcome(() => signer.verify('GET', mutated, NOW));
        expect(result).toBe(mutated === picture ? 'verified' : 'signature_invalid');
      }),
      { numRuns: 10_000 },
    );
  });
});

const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const snippet = fc.oneof(
  fc.constantFrom(
    '&',
    '=',
    '?',
    '/',
    '//',
    '..',
    ';',
    '%2F',
    '%252F',
    '%00',
    '+',
    '\0',
    'é',
    '&w=1',
    '&exp=1',
    '&sig=k2.x',
  ),
  fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }),
);

/** Ways to alter a text, somewhere. */
const mutation: fc.Arbitrary<(url: string) => string> = fc
  .oneof(
    fc.tuple(position, snippet).map(
      ([at, text]) =>
        (url: string) =>
          spliced(url, at, 0, text),
    ),
    fc.tuple(position, snippet).map(
      ([at, text]) =>
        (url: string) =>
          spliced(url, at, text.length, text),
    ),
    fc.tuple(position, fc.integer({ min: 1, max: 5 })).map(
      ([at, length]) =>
        (url: string) =>
          spliced(url, at, length, ''),
    ),
    position.map((at) => (url: string) => changedAt(url, at, flippedCase)),
    position.map((at) => (url: string) => changedAt(url, at, percentEncoded)),
    position.map((at) => (url: string) => changedAt(url, at, nextInBase64url)),
    position.map((at) => (url: string) => changedAt(url, at, (character) => character + character)),
    fc.constant((url: string) => decodeURIComponent(url.replace(/%(?![0-9a-f]{2})|[^!-~]/gi, ''))),
    fc.constant((url: string) => url.split('&').reverse().join('&')),
    fc.constant((url: string) => `${url}&${url.slice(url.indexOf('?') + 1)}`),
  )
  .map((mutate) => (url: string) => {
    try {
      return mutate(url);
    } catch {
      return url;
    }
  });

function spliced(url: string, at: number, remove: number, insert: string): string {
  const index = Math.floor(at * url.length);
  return url.slice(0, index) + insert + url.slice(index + remove);
}

function changedAt(url: string, at: number, change: (character: string) => string): string {
  const index = Math.floor(at * url.length);
  return spliced(url, at, 1, change(url.charAt(index)));
}

function flippedCase(character: string): string {
  return character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function nextInBase64url(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt((alphabet.indexOf(character) + 1) % alphabet.length);
}

/** Verifies a target with the signature that it would have, had anybody signed it. */
function signedAsIs(target: string): void {
  const signature = createHmac('sha256', NEW.secret)
    .update(`GET\n${target.replace('?', '\n')}`)
    .digest('base64url');
  signer.verify('GET', `${target}&sig=${NEW.id}.${signature}`, NOW);
}

function outcome(verify: () => unknown): string {
  try {
    verify();
    return 'verified';
  } catch (error) {
    return isFailure(error) ? error.code : `not a Failure: ${error}`;
  }
}
