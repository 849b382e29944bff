import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** milliseconds from when the request was due to the last byte of its answer */
  readonly ms: number;
}

/** Fetches every URL, so many at a time, each over a connection that is kept; answers in the order of the URLs. */
export async function fetchAll(urls: readonly string[], atOnce: number): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const answers: Answer[] = [];
  const rest = urls.entries();
  const worker = async () => {
    for (const [index, url] of rest) answers[index] = await fetchOnce(url, agent, performance.now());
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  return answers;
}

/**
 * Sends requests at a fixed rate, whether earlier ones were answered or not, and counts from when each was due: so a
 * slow answer is not hidden by the requests that were not sent meanwhile.
 */
export async function fetchAtRate(
  urlOf: (index: number) => string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const pending: Promise<Answer>[] = [];
  const started = performance.now();
  const dueAt = (index: number) => started + (index / perSecond) * 1000;
  while (pending.length < perSecond * seconds) {
    while (dueAt(pending.length) <= performance.now() && pending.length < perSecond * seconds) {
      pending.push(fetchOnce(urlOf(pending.length), agent, dueAt(pending.length)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  return answers;
}

/** What a browser of today takes. */
const ACCEPT = 'image/avif,image/webp,image/*,*/*;q=0.8';

function fetchOnce(url: string, agent: Agent, dueAt: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { accept: ACCEPT } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks),
          ms: performance.now() - dueAt,
        }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
