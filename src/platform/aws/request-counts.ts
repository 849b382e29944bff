/** How often each command was sent over the wire, repetitions included: what the bill is made of. */
export interface RequestCounts {
  /** Counts what this client sends from now on. */
  watch(client: WatchedClient): void;
  /** `{ PutObject: 3, ... }` since the start or the last `reset` */
  counts(): Readonly<Record<string, number>>;
  reset(): void;
}

/** As much of a client of the SDK as counting needs; all of them have it. */
export interface WatchedClient {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: never) => Promise<unknown>,
        context: { readonly commandName?: string },
      ) => (args: unknown) => Promise<never>,
      options: { readonly name: string; readonly step: 'finalizeRequest'; readonly priority: 'low' },
    ): void;
  };
}

export function createRequestCounts(): RequestCounts {
  const sent = new Map<string, number>();
  return {
    watch({ middlewareStack }) {
      middlewareStack.add(
        (next, { commandName = 'unknown' }) =>
          (args) => {
            const name = commandName.replace(/Command$/, '');
            sent.set(name, (sent.get(name) ?? 0) + 1);
            return next(args as never) as Promise<never>;
          },
        // Inside the loop of retries: each attempt is a request of its own.
        { name: 'darkroomRequestCounts', step: 'finalizeRequest', priority: 'low' },
      );
    },
    counts: () => Object.fromEntries([...sent].sort()),
    reset: () => sent.clear(),
  };
}
