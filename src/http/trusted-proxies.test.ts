import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { limitedTogether } from '../limits/limited-together.ts';
import { createClientOf } from './trusted-proxies.ts';

function request(remoteAddress: string, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

const clientOf = createClientOf(['10.0.0.0/8', '192.0.2.7', 'fd00::/8']);

describe('the client of a request', () => {
  it.each<[string, string, string | undefined, string]>([
    ['itself', '203.0.113.9', undefined, '203.0.113.9'],
    ['as IPv4, where the socket is IPv6', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
    ['not whom a stranger names', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['whom a trusted proxy names', '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [
      'whom a trusted proxy names, on a socket of both kinds',
      '::ffff:10.1.2.3',
      '198.51.100.1',
      '198.51.100.1',
    ],
    ['whom a single trusted address names', '192.0.2.7', '198.51.100.1', '198.51.100.1'],
    ['not whom the neighbour of a trusted address names', '192.0.2.8', '198.51.100.1', '192.0.2.8'],
    ['the rightmost stranger: the left is hearsay', '10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
    ['behind several trusted proxies', '10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', '198.51.100.1'],
    ['the leftmost where all are trusted', '10.1.2.3', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['with a port', '10.1.2.3', '198.51.100.1:4711', '198.51.100.1'],
    ['of IPv6 with a port', 'fd00::1', '[2001:DB8::7]:443', '2001:db8::7'],
    ['the proxy, where what it says is no address', '10.1.2.3', 'unknown', '10.1.2.3'],
    ['the proxy, where there is an injection', '10.1.2.3', "1.1.1.1, ';drop", '10.1.2.3'],
    ['the proxy, where it says nothing', '10.1.2.3', '', '10.1.2.3'],
  ])('is %s', (_, peer, said, address) => {
    const headers = said === undefined ? {} : { 'x-forwarded-for': said };
    expect(clientOf(request(peer, headers))?.address).toBe(address);
  });

  it('speaks HTTPS only where a trusted proxy says so', () => {
    const headers = { 'x-forwarded-proto': 'https' };
    expect(clientOf(request('10.1.2.3', headers))?.isHttps).toBe(true);
    expect(clientOf(request('203.0.113.9', headers))?.isHttps).toBe(false);
    expect(clientOf(request('10.1.2.3', { 'x-forwarded-proto': 'https, http' }))?.isHttps).toBe(false);
  });

  it('is not direct where any proxy makes itself known', () => {
    expect(clientOf(request('127.0.0.1'))?.isDirect).toBe(true);
    for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
      expect(clientOf(request('127.0.0.1', { [name]: 'x' }))?.isDirect).toBe(false);
    }
  });

  it('is nobody where there is no socket', () => {
    expect(clientOf(undefined)).toBeUndefined();
  });
});

describe('limited together', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
  ])('%s is %s', (address, together) => {
    expect(limitedTogether(address)).toBe(together);
  });
});
