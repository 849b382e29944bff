import type { Context } from 'hono';
import type { AppEnv } from './services.ts';

/**
 * Path and query exactly as they were sent: what signatures are about. Parsers of URLs normalise, so this looks
 * behind them where there is a socket.
 */
export function rawTarget(c: Context<AppEnv>): string {
  const sent = c.env?.incoming?.url ?? c.req.url;
  return sent.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '') || '/';
}
