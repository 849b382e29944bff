import type { LookupFunction } from 'node:net';
import { isIP } from 'node:net';
import { Failure } from '../../failures.ts';
import { whyForbidden } from './forbidden.ts';
import { parseNetwork } from './ip-address.ts';

/** Addresses of a name, all of them. Rejects with the code of the resolver where there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface FenceOptions {
  readonly resolve: Resolve;
  /** networks in CIDR notation that may be reached although they are private */
  readonly allowPrivate?: readonly string[];
  /** plain http besides https */
  readonly allowHttp?: boolean;
}

/** Keeps what tenants have sent somewhere from reaching what only this machine or its network can reach. */
export interface Fence {
  /** @throws Failure `invalid_request` that says what is wrong with a URL, as far as it can be told without its name */
  assertAllowed(url: string): URL;
  /**
   * Resolves a name for a connection, which then goes to exactly these addresses: a name that means something else a
   * moment later changes nothing. One forbidden address among them and there is no connection at all.
   * Fails with {@link AddressForbidden}.
   */
  readonly lookup: LookupFunction;
}

/** The name leads to where nothing may be sent. It does not say where: who asks may not know the inner network. */
export class AddressForbidden extends Error {
  override readonly name = 'AddressForbidden';
}

const MOST_CHARACTERS = 2_000;
/** Ports below are those of other protocols: mail, shells, file servers. */
const FIRST_FREE_PORT = 1024;
const webPorts: ReadonlySet<number> = new Set([80, 443]);

export function createFence({ resolve, allowPrivate = [], allowHttp = false }: FenceOptions): Fence {
  const allowed = allowPrivate.map(parseNetwork);

  async function addressesOf(hostname: string): Promise<{ address: string; family: number }[]> {
    const found = await resolve(hostname);
    const forbidden = found.map((address) => whyForbidden(address, allowed)).find((why) => why !== undefined);
    if (forbidden !== undefined || found.length === 0) throw new AddressForbidden(forbidden ?? 'no address');
    return found.map((address) => ({ address, family: isIP(address) }));
  }

  return {
    assertAllowed(text) {
      const url = parse(text);
      const schemes = allowHttp ? ['https:', 'http:'] : ['https:'];
      if (!schemes.includes(url.protocol))
        throw refused(`must begin with ${allowHttp ? 'https:// or http://' : 'https://'}`);
      if (url.username !== '' || url.password !== '') throw refused('must not hold a name and a password');
      const literal = isIP(hostOf(url)) !== 0;
      const why = literal ? whyForbidden(hostOf(url), allowed) : undefined;
      if (why !== undefined)
        throw refused(
          `names an address where nothing is sent (${why}); DARKROOM_WEBHOOK_ALLOW_PRIVATE lists exceptions`,
        );
      const port = portOf(url);
      if (port < FIRST_FREE_PORT && !webPorts.has(port))
        throw refused(`names port ${port}; it must be 443, 80 or from ${FIRST_FREE_PORT} on`);
      return url;
    },

    lookup(hostname, { all }, answer) {
      addressesOf(hostname).then(
        (addresses) => {
          const [first] = addresses;
          if (all || first === undefined) answer(null, addresses);
          else answer(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => answer(error, all ? [] : '', 0),
      );
    },
  };
}

function parse(text: string): URL {
  const url = text.length <= MOST_CHARACTERS && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused(`must be a URL of at most ${MOST_CHARACTERS} characters`);
  return url;
}

/** Without the brackets of IPv6. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

function refused(what: string): Failure {
  const message = `url: ${what}.`;
  return new Failure('invalid_request', message, {
    extra: { errors: [{ path: 'url', message: `${what}.` }] },
  });
}
