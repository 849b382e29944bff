import { lookup, Resolver } from 'node:dns/promises';
import type { Resolve } from './fence.ts';

const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks the DNS servers of this machine for A and AAAA. Not getaddrinfo, whose few threads are those that files are
 * read with: a slow name server of somebody else's would hold those up. Only names without a dot, which are of this
 * machine or its network, go that way.
 *
 * @param servers `address:port` of other DNS servers than the machine's
 * @param timeoutMs of one question; each is asked twice
 */
export function createResolve({
  servers,
  timeoutMs = 2_000,
}: {
  servers?: readonly string[];
  timeoutMs?: number;
} = {}): Resolve {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (servers) resolver.setServers(servers);

  return async (hostname) => {
    if (!hostname.includes('.') && servers === undefined) {
      const found = await lookup(hostname, { all: true });
      return found.map(({ address }) => address);
    }
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const faults = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
    const fault = faults.find(({ code }) => !ABSENT.has(code)) ?? faults[0];
    if (found.length === 0 && fault !== undefined) throw fault;
    return found;
  };
}
