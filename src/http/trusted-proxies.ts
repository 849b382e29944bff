import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './services.ts';

/** Who is at the other end of a request. */
export interface Client {
  /** IPv4, or IPv6 in lower case without a zone */
  readonly address: string;
  /** the client itself speaks HTTPS, as the proxy that it spoke to says */
  readonly isHttps: boolean;
  /** no proxy says that it stands in between, trusted or not */
  readonly isDirect: boolean;
}

/** The client of a request; undefined where there is no socket. */
export type ClientOf = (incoming: IncomingMessage | undefined) => Client | undefined;

/**
 * Finds the client behind proxies. `X-Forwarded-For` and `X-Forwarded-Proto` are believed where the connection comes
 * from a trusted proxy, and nowhere else: anybody can send them. Of the addresses that they list, the client is the
 * rightmost that is no trusted proxy; what stands left of it is hearsay.
 *
 * `Forwarded` (RFC 7239) and `X-Forwarded-Host` are not read: links begin with DARKROOM_PUBLIC_URL, never with what a
 * request says of its host.
 *
 * @param networks addresses and networks in CIDR notation
 */
export function createClientOf(networks: readonly string[]): ClientOf {
  const isTrusted = trusts(networks);
  return (incoming) => {
    const peer = plainAddress(incoming?.socket.remoteAddress);
    if (!incoming || peer === undefined) return undefined;
    const isDirect = PROXY_HEADERS.every((name) => incoming.headers[name] === undefined);
    if (isDirect || !isTrusted(peer)) return { address: peer, isHttps: false, isDirect };
    return {
      address: nearestStranger(peer, listOf(incoming, 'x-forwarded-for'), isTrusted),
      isHttps: listOf(incoming, 'x-forwarded-proto').at(-1)?.toLowerCase() === 'https',
      isDirect,
    };
  };
}

/** Notes the client, for all that follows. */
export function withClient(clientOf: ClientOf) {
  return createMiddleware<AppEnv>(async (c, next) => {
    c.set('client', clientOf(c.env?.incoming));
    await next();
  });
}

/** Whether an address belongs to one of the networks. */
export function trusts(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const PROXY_HEADERS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'via'];

function nearestStranger(
  peer: string,
  said: readonly string[],
  isTrusted: (address: string) => boolean,
): string {
  let nearest = peer;
  for (const hop of said.toReversed()) {
    const address = plainAddress(hop);
    if (address === undefined || !isTrusted(nearest)) return nearest;
    nearest = address;
  }
  return nearest;
}

function listOf({ headers }: IncomingMessage, name: string): string[] {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(',') : (value ?? '');
  return text === '' ? [] : text.split(',').map((part) => part.trim());
}

/** Without port, brackets and zone, and IPv4 as such; undefined for what is no address. */
export function plainAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(text) ?? [];
  const [, v4] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(bracketed ?? text) ?? [];
  const address = v4 ?? (bracketed ?? text).toLowerCase().replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}
