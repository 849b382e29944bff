/** Gathers what many ask for at about the same time into requests of up to so many. */
export interface Batches<Entry> {
  /** Answers when the request that carried the entry has. @throws what it threw, or what it said of this entry */
  add(entry: Entry): Promise<void>;
  /** Sends what waits, and answers once nothing is under way. Never throws. */
  flush(): Promise<void>;
}

export interface BatchOptions<Entry> {
  /** Sends them together; the answer names the entries that were refused, by their index. */
  readonly send: (entries: readonly Entry[]) => Promise<ReadonlyMap<number, Error>>;
  /** milliseconds that the first of a batch waits for others */
  readonly lingerMs: number;
  /** in one request; 10 by default, the most that SQS takes */
  readonly most?: number;
}

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createBatches<Entry>({ send, lingerMs, most = 10 }: BatchOptions<Entry>): Batches<Entry> {
  let waiting: Waiting<Entry>[] = [];
  let timer: NodeJS.Timeout | undefined;
  const underWay = new Set<Promise<void>>();

  async function deliver(batch: readonly Waiting<Entry>[]): Promise<void> {
    try {
      const refused = await send(batch.map(({ entry }) => entry));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const error = refused.get(index);
        if (error) reject(error);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function go(): void {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const delivery = deliver(batch).finally(() => underWay.delete(delivery));
    underWay.add(delivery);
  }

  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        if (waiting.length >= most) go();
        else timer ??= setTimeout(go, lingerMs);
      }),

    async flush() {
      go();
      await Promise.all(underWay);
    },
  };
}
