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
    addRelativeTo(
      middleware: (
        next: (args: never) => Promise<never>,
        context: { readonly commandName?: string },
      ) => (args: never) => Promise<never>,
      options: { readonly name: string; readonly relation: 'after'; readonly toMiddleware: string },
    ): void;
  };
}

export function createRequestCounts(): RequestCounts {
  const sent = new Map<string, number>();
  return {
    watch({ middlewareStack }) {
      middlewareStack.addRelativeTo(
        (next, { commandName = 'unknown' }) =>
          (args) => {
            const name = commandName.replace(/Command$/, '');
            sent.set(name, (sent.get(name) ?? 0) + 1);
            return next(args);
          },
        // Inside the loop of retries: each attempt is a request of its own.
        { name: 'darkroomRequestCounts', relation: 'after', toMiddleware: 'retryMiddleware' },
      );
    },
    counts: () => Object.fromEntries([...sent].sort()),
    reset: () => sent.clear(),
  };
}
