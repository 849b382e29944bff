import { describe, expect, it } from 'vitest';
import { whyForbidden } from './forbidden.ts';
import { parseNetwork } from './ip-address.ts';

const forbidden: readonly (readonly [address: string, why: string])[] = [
  ['0.0.0.0', 'this network'],
  ['0.1.2.3', 'this network'],
  ['0.255.255.255', 'this network'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.127.255.255', 'carrier-grade NAT'],
  ['100.100.100.200', 'metadata service'],
  ['127.0.0.1', 'loopback'],
  ['127.1.2.3', 'loopback'],
  ['127.255.255.255', 'loopback'],
  ['168.63.129.16', 'metadata service'],
  ['169.254.0.1', 'link-local'],
  ['169.254.169.254', 'metadata service'],
  ['169.254.170.2', 'metadata service'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.1', 'protocol assignments'],
  ['192.0.0.192', 'metadata service'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.0.0', 'private'],
  ['192.168.255.255', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['198.19.255.255', 'benchmarks'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.7', 'documentation'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['::', 'not global unicast'],
  ['::1', 'not global unicast'],
  ['0:0:0:0:0:0:0:1', 'not global unicast'],
  ['::127.0.0.1', 'not global unicast'],
  ['::8.8.8.8', 'not global unicast'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['::ffff:10.1.2.3', 'private'],
  ['::ffff:169.254.169.254', 'metadata service'],
  ['::ffff:a9fe:a9fe', 'metadata service'],
  ['::ffff:0:127.0.0.1', 'not global unicast'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['64:ff9b::a9fe:a9fe', 'metadata service'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b:1::8.8.8.8', 'not global unicast'],
  ['100::1', 'not global unicast'],
  ['2001::1', 'protocol assignments and Teredo'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'protocol assignments and Teredo'],
  ['2001:2::1', 'protocol assignments and Teredo'],
  ['2001:10::1', 'protocol assignments and Teredo'],
  ['2001:20::1', 'protocol assignments and Teredo'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4'],
  ['2002:a00:1::1', '6to4'],
  ['2002:808:808::1', '6to4'],
  ['3fff::1', 'documentation'],
  ['5f00::1', 'not global unicast'],
  ['fc00::1', 'not global unicast'],
  ['fd12:3456::1', 'not global unicast'],
  ['fd00:ec2::254', 'metadata service'],
  ['fe80::1', 'not global unicast'],
  ['fe80::1%eth0', 'not global unicast'],
  ['febf::1', 'not global unicast'],
  ['fec0::1', 'not global unicast'],
  ['ff02::1', 'not global unicast'],
  ['localhost', 'no address'],
  ['127.1', 'no address'],
  ['0x7f000001', 'no address'],
  ['', 'no address'],
];

const open = [
  ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
  ...['128.0.0.1', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.1'],
  ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '168.63.129.15'],
  ...['2606:4700::1111', '2a00:1450:4001::200e', '2001:200::1', '2001:4860:4860::8888', '2003::1'],
  ...['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '3ffe::1'],
];

describe('the fence', () => {
  it.each(forbidden)('keeps away from %s: %s', (address, why) => {
    expect(whyForbidden(address)).toBe(why);
  });

  it.each(open)('lets through to %s', (address) => {
    expect(whyForbidden(address)).toBeUndefined();
  });

  it.each([
    ['10.1.2.3', '10.1.0.0/16', undefined],
    ['10.2.2.3', '10.1.0.0/16', 'private'],
    ['::ffff:10.1.2.3', '10.1.0.0/16', undefined],
    ['127.0.0.1', '127.0.0.1', undefined],
    ['127.0.0.2', '127.0.0.1', 'loopback'],
    ['fd12::1', 'fd00::/8', undefined],
    ['fd12::1', '10.0.0.0/8', 'not global unicast'],
    ['169.254.169.254', '0.0.0.0/0', 'metadata service'],
    ['fd00:ec2::254', '::/0', 'metadata service'],
    ['::ffff:169.254.169.254', '169.254.0.0/16', 'metadata service'],
  ])('makes of %s, with %s allowed: %s', (address, network, why) => {
    expect(whyForbidden(address, [parseNetwork(network)])).toBe(why);
  });
});
