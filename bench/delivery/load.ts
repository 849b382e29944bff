import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly bytes: number;
  /** milliseconds from the request to its last byte */
  readonly ms: number;
}

/** Fetches every URL, so many at a time, each over a connection that is kept; answers in the order of the URLs. */
export async function fetchAll(urls: readonly string[], atOnce: number): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const answers: Answer[] = [];
  let next = 0;
  const worker = async () => {
    while (next < urls.length) {
      const index = next++;
      answers[index] = await fetchOnce(urls[index] as string, agent);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  agent.destroy();
  return answers;
}

/**
 * Sends requests at a fixed rate, whether earlier ones were answered or not, so that a slow answer is not hidden by
 * the requests that were not sent meanwhile.
 */
export async function fetchAtRate(
  urlOf: (index: number) => string,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const pending: Promise<Answer>[] = [];
  const started = performance.now();
  const total = perSecond * seconds;
  while (pending.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * perSecond) + 1);
    while (pending.length < due) pending.push(fetchOnce(urlOf(pending.length), agent));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  return answers;
}

function fetchOnce(url: string, agent: Agent): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { accept: 'image/*' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, bytes, ms: performance.now() - started }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}
