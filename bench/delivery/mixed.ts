import type { Server } from '../server.ts';
import { type Latency, latencyOf } from './hits.ts';
import { fetchAll, fetchAtRate } from './load.ts';

const PER_SECOND = 300;
const SECONDS = 20;
/** One in so many requests is for a picture that nobody has asked for yet. */
const NEW_EVERY = 50;
const KEPT_WIDTHS = [210, 328, 512, 799];

/**
 * A gallery with visitors: most of what is asked for is kept, in two formats; six times a second it is something new,
 * in a format of its own or in the best that the browser takes, of which the AVIF are made behind it all the while.
 */
export async function measureMixed(
  server: Server,
  ids: readonly string[],
): Promise<Latency & { renders: number }> {
  const total = PER_SECOND * SECONDS;
  const kept = await linksOf(
    server,
    ids.flatMap((id) =>
      KEPT_WIDTHS.flatMap((w) => ['webp', 'jpg'].map((fm) => ({ id, params: { w: String(w), fm } }))),
    ),
  );
  await fetchAll(kept, 4);
  const fresh = await linksOf(
    server,
    Array.from({ length: total / NEW_EVERY }, (_, index) => ({
      id: ids[index % ids.length] ?? '',
      params: { w: String(300 + 7 * index), ...NEW_AS[index % NEW_AS.length] },
    })),
  );
  const before = await server.metric('darkroom_derivatives_rendered');
  const urlOf = (index: number) =>
    (index % NEW_EVERY === 0 ? fresh[index / NEW_EVERY] : kept[(index * 7) % kept.length]) ?? '';
  const answers = await fetchAtRate(urlOf, { perSecond: PER_SECOND, seconds: SECONDS });
  return {
    ...latencyOf(answers),
    renders: (await server.metric('darkroom_derivatives_rendered')) - before,
  };
}

const NEW_AS = [
  { auto: 'format' },
  { fm: 'jpg' },
  { fm: 'webp' },
  { auto: 'format' },
  { fm: 'avif' },
] as const;

function linksOf(
  server: Server,
  orders: readonly { id: string; params: Readonly<Record<string, string>> }[],
): Promise<string[]> {
  return Promise.all(orders.map(({ id, params }) => server.link(id, params)));
}
