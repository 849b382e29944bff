import { isIP } from 'node:net';

/** An address as a number. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A network in CIDR notation. */
export interface IpNetwork extends IpAddress {
  /** bits that its addresses have in common */
  readonly prefix: number;
}

/** An address in any notation that Node takes, without brackets; a zone (`%eth0`) is left out. */
export function parseIp(text: string): IpAddress | undefined {
  const [address = ''] = text.split('%');
  const family = isIP(address);
  if (family === 4) return { family, value: fourBytes(address) };
  return family === 6 ? { family, value: sixteenBytes(address) } : undefined;
}

/** @param text an address or a network; anything else is a mistake of the program */
export function parseNetwork(text: string): IpNetwork {
  const [address = '', bits] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined) throw new Error(`${text} is no network`);
  const width = ip.family === 4 ? 32 : 128;
  return { ...ip, prefix: bits === undefined ? width : Number(bits) };
}

export function isWithin({ family, value }: IpAddress, network: IpNetwork): boolean {
  if (family !== network.family) return false;
  const rest = BigInt((family === 4 ? 32 : 128) - network.prefix);
  return value >> rest === network.value >> rest;
}

function fourBytes(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function sixteenBytes(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) | group, 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function groupsOf(text: string): bigint[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [BigInt(`0x${part}`)];
    const value = fourBytes(part);
    return [value >> 16n, value & 0xffffn];
  });
}
