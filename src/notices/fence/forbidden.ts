import { type IpAddress, type IpNetwork, isWithin, parseIp, parseNetwork } from './ip-address.ts';

/**
 * Where nothing is sent on behalf of a tenant: networks that are not the public internet (the special-purpose address
 * registries of IANA), and relays into them.
 */
const forbidden: readonly (readonly [network: IpNetwork, name: string])[] = (
  [
    ['0.0.0.0/8', 'this network'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'carrier-grade NAT'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'protocol assignments'],
    ['192.0.2.0/24', 'documentation'],
    ['192.88.99.0/24', '6to4 relay'],
    ['192.168.0.0/16', 'private'],
    ['198.18.0.0/15', 'benchmarks'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
    ['2001::/23', 'protocol assignments and Teredo'],
    ['2001:db8::/32', 'documentation'],
    ['2002::/16', '6to4'],
    ['3fff::/20', 'documentation'],
  ] as const
).map(([network, name]) => [parseNetwork(network), name]);

/** Where clouds give out credentials: never, whatever is allowed. */
const metadata: readonly IpNetwork[] = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
].map(parseNetwork);

const globalUnicast = parseNetwork('2000::/3');

/** IPv6 addresses that lead to the IPv4 address in their last 32 bits. */
const wrappings: readonly IpNetwork[] = ['::ffff:0:0/96', '64:ff9b::/96'].map(parseNetwork);

/**
 * Why nothing may be sent to an address, in two or three words; undefined where it may.
 *
 * @param text an IPv4 or IPv6 address; whatever else is forbidden
 * @param allowed networks of one's own that are not forbidden; addresses of metadata services stay so
 */
export function whyForbidden(text: string, allowed: readonly IpNetwork[] = []): string | undefined {
  const given = parseIp(text);
  if (given === undefined) return 'no address';
  const address = unwrapped(given);
  if (metadata.some((network) => isWithin(address, network))) return 'metadata service';
  if (allowed.some((network) => isWithin(address, network))) return undefined;
  const row = forbidden.find(([network]) => isWithin(address, network));
  if (row) return row[1];
  return address.family === 6 && !isWithin(address, globalUnicast) ? 'not global unicast' : undefined;
}

function unwrapped(address: IpAddress): IpAddress {
  const isWrapped = wrappings.some((network) => isWithin(address, network));
  return isWrapped ? { family: 4, value: address.value & 0xffffffffn } : address;
}
