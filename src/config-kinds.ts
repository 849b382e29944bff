import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { exactBytes, exactDuration, parseBytes, parseDuration } from './config-units.ts';

/** A kind of value: how it is read from text, what to expect of it, and how it is shown again. */
export interface Kind<T> {
  /** for the reader of a table: `duration`, `bytes`, `host:port` */
  readonly unit: string;
  /** completes the sentence "expected ..." */
  readonly expects: string;
  /** `undefined` where the text is not such a value. Relative paths start at `baseDir`. */
  parse(text: string, baseDir: string): T | undefined;
  show(value: T): string;
}

export interface Address {
  /** name or IP address, without brackets */
  readonly host: string;
  /** 0..65535; 0 lets the system pick a free one */
  readonly port: number;
}

/** Milliseconds, bounds included. */
export function duration(least: string, most: string): Kind<number> {
  return {
    unit: 'duration',
    expects: `a duration with its unit, from ${least} to ${most}, such as 500ms, 30s, 12h or 7d`,
    parse: bounded(parseDuration, least, most),
    show: exactDuration,
  };
}

/** Bytes, bounds included. */
export function bytes(least: string, most: string): Kind<number> {
  return {
    unit: 'bytes',
    expects: `a size from ${least} to ${most}, such as 10MB, 50MiB or 1GiB`,
    parse: bounded(parseBytes, least, most),
    show: exactBytes,
  };
}

/** A whole number, bounds included. */
export function count(least: number, most: number): Kind<number> {
  return {
    unit: 'count',
    expects: `a whole number from ${least} to ${most}`,
    parse: bounded(parseCount, String(least), String(most)),
    show: String,
  };
}

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    unit: 'choice',
    expects: values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text),
    show: String,
  };
}

/** Some of a closed set of words, at least one, each once, in the order of the set. */
export function someOf<const T extends string>(...values: readonly T[]): Kind<readonly T[]> {
  return {
    unit: 'list',
    expects: `some of ${values.join(', ')}, with commas in between`,
    parse(text) {
      const named = text.split(',').map((part) => part.trim());
      const isKnown = named.every((name) => values.some((value) => value === name));
      return isKnown ? values.filter((value) => named.includes(value)) : undefined;
    },
    show: (list) => list.join(','),
  };
}

export const flag: Kind<boolean> = {
  unit: 'true or false',
  expects: 'true or false',
  parse: (text) => ({ true: true, 1: true, false: false, 0: false })[text.toLowerCase()],
  show: String,
};

export const folder: Kind<string> = {
  unit: 'folder',
  expects: 'the path of a folder',
  parse: (text, baseDir) => (text.includes('\0') ? undefined : resolve(baseDir, text)),
  show: String,
};

export const address: Kind<Address> = {
  unit: 'host:port',
  expects: 'an address and a port from 0 to 65535, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:80',
  parse: parseAddress,
  show: showAddress,
};

/** An absolute URL without query or credentials; the value has no slash at its end. */
export const baseUrl: Kind<string> = {
  unit: 'URL',
  expects: 'an http:// or https:// URL without query, fragment, user name or password',
  parse: parseBaseUrl,
  show: String,
};

/** A factor for all rate limits; `off` is 0. */
export const rateFactor: Kind<number> = {
  unit: 'factor or off',
  expects: 'off, or a factor from 0.01 to 1000 such as 0.5 or 10',
  parse: parseRateFactor,
  show: (factor) => (factor === 0 ? 'off' : String(factor)),
};

/** Addresses and networks in CIDR notation. */
export const networks: Kind<readonly string[]> = {
  unit: 'networks',
  expects: 'addresses or networks with commas in between, such as 10.0.0.0/8, 192.0.2.7, fd00::/8',
  parse: parseNetworks,
  show: (list) => list.join(', '),
};

/** What a bearer token may be made of, RFC 6750. */
export const secret: Kind<string> = {
  unit: 'secret',
  expects: 'at least 8 characters out of A-Z a-z 0-9 - . _ ~ + / =',
  parse: (text) => (/^[A-Za-z0-9\-._~+/=]{8,8192}$/.test(text) ? text : undefined),
  show: () => '(set, not shown)',
};

export const file: Kind<string> = { ...folder, unit: 'file', expects: 'the path of a file' };

/** One line of printable characters. */
export const words: Kind<string> = {
  unit: 'text',
  expects: 'one line of 1 to 256 characters',
  parse: (text) => (/^[^\p{C}]{1,256}$/u.test(text.trim()) ? text.trim() : undefined),
  show: String,
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const bucketName: Kind<string> = {
  unit: 'bucket',
  expects: 'the name of a bucket: 3 to 63 characters out of a-z 0-9 . -, a letter or digit at both ends',
  parse: (text) =>
    /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]$/.test(text) && isIP(text) === 0 ? text : undefined,
  show: String,
};

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
export const tableName: Kind<string> = {
  unit: 'table',
  expects: 'the name of a table: 3 to 255 characters out of A-Z a-z 0-9 . _ -',
  parse: (text) => (/^[A-Za-z0-9._-]{3,255}$/.test(text) ? text : undefined),
  show: String,
};

/** https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html */
export const topicArn: Kind<string> = {
  unit: 'ARN',
  expects: 'the ARN of a topic that is not FIFO: arn:aws:sns:eu-central-1:123456789012:name',
  parse: (text) =>
    /^arn:aws[a-z-]*:sns:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,256}$/.test(text) ? text : undefined,
  show: String,
};

/** What names of queues begin with: those of SQS have 80 characters at most. */
export const queuePrefix: Kind<string> = {
  unit: 'prefix',
  expects: 'A-Z a-z 0-9 _ -, 1 to 60 of them',
  parse: (text) => (/^[A-Za-z0-9_-]{1,60}$/.test(text) ? text : undefined),
  show: String,
};

/** What keys of objects begin with. */
export const keyPrefix: Kind<string> = {
  unit: 'prefix',
  expects: 'names of A-Z a-z 0-9 . _ -, each with a slash behind it, 200 characters at most',
  parse: (text) =>
    text.length <= 200 && /^(?:(?!\.{1,2}\/)[A-Za-z0-9._-]+\/)+$/.test(text) ? text : undefined,
  show: String,
};

/** The identifier of an OpenID Connect issuer, kept exactly as it is written: it is compared letter by letter. */
export const issuerUrl: Kind<string> = {
  unit: 'URL',
  expects: 'an https:// URL without query or fragment (http:// only on this machine)',
  parse: parseIssuer,
  show: String,
};

export const smtpUrl: Kind<string> = {
  unit: 'URL',
  expects:
    'smtp://name:password@host:port or smtps://name:password@host:port, name and password percent-encoded',
  parse: parseSmtpUrl,
  show: () => '(set, not shown)',
};

export const mailAddress: Kind<string> = {
  unit: 'address',
  expects: 'a mail address, with or without a name: Darkroom <darkroom@example.com>',
  parse: (text) =>
    /^(?:[^<>@\p{C}]* )?<?[^\s<>@\p{C}]+@[^\s<>@\p{C}]+>?$/u.test(text.trim()) ? text.trim() : undefined,
  show: String,
};

export function showAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function bounded(parse: (text: string) => number | undefined, least: string, most: string) {
  const [from = Number.NaN, to = Number.NaN] = [parse(least), parse(most)];
  return (text: string): number | undefined => {
    const value = parse(text);
    return value !== undefined && value >= from && value <= to ? value : undefined;
  };
}

function parseRateFactor(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  if (word === 'off') return 0;
  const factor = /^\d{1,4}(\.\d{1,4})?$/.test(word) ? Number(word) : 0;
  return factor >= 0.01 && factor <= 1000 ? factor : undefined;
}

function parseNetworks(text: string): readonly string[] | undefined {
  const list = text.split(',').map((part) => part.trim());
  return list.every(isNetwork) ? list : undefined;
}

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && (bits === undefined || Number(bits) <= (family === 4 ? 32 : 128));
}

function parseCount(text: string): number | undefined {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function parseAddress(text: string): Address | undefined {
  const [, v6, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(text.trim()) ?? [];
  const [host, port] = [v6 ?? name, Number(digits)];
  if (host === undefined || port > 65535) return undefined;
  return URL.canParse(`http://${showAddress({ host, port })}`) ? { host, port } : undefined;
}

function parseBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isHttp = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isHttp || url.username || url.password || text.includes('?') || text.includes('#')) return undefined;
  return url.href.replace(/\/+$/, '');
}

function parseIssuer(text: string): string | undefined {
  if (!URL.canParse(text) || /[?#\s]/.test(text)) return undefined;
  const { protocol, hostname } = new URL(text);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isHere) ? text : undefined;
}

function parseSmtpUrl(text: string): string | undefined {
  if (!URL.canParse(text.trim())) return undefined;
  const { protocol, hostname } = new URL(text.trim());
  return ['smtp:', 'smtps:'].includes(protocol) && hostname !== '' ? text.trim() : undefined;
}
