/** What is being made of which image, so that a purge can make it void. */
export class DerivativeMakings {
  readonly #byImage = new Map<string, Set<OneMaking>>();

  begin(image: string): Pick<OneMaking, 'during'> & { end(): void } {
    const making = new OneMaking();
    const siblings = this.#byImage.get(image) ?? new Set();
    this.#byImage.set(image, siblings.add(making));
    return {
      during: (keep) => making.during(keep),
      end: () => {
        siblings.delete(making);
        if (siblings.size === 0 && this.#byImage.get(image) === siblings) this.#byImage.delete(image);
      },
    };
  }

  /** Nothing that has begun will be kept; answers when nothing of it is on its way to the disk any more. */
  async makeVoid(image: string): Promise<void> {
    const makings = [...(this.#byImage.get(image) ?? [])];
    for (const making of makings) making.isVoid = true;
    await Promise.allSettled(makings.flatMap(({ keeping }) => [...keeping]));
  }
}

class OneMaking {
  isVoid = false;
  readonly keeping = new Set<Promise<unknown>>();

  /** Carries out work that puts something on the disk unless it is void. */
  async during<T>(keep: (isVoid: () => boolean) => Promise<T>): Promise<T> {
    const work = keep(() => this.isVoid);
    this.keeping.add(work);
    try {
      return await work;
    } finally {
      this.keeping.delete(work);
    }
  }
}
