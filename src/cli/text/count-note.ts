import type { Screen } from './progress.ts';
import { CLEAR_LINE } from './progress.ts';
import { fitted } from './width.ts';

const REDRAW_MS = 100;

/** How far work has come whose end is not known: one line on a terminal, nothing elsewhere. */
export class CountNote {
  readonly #screen: Screen;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(text: string): void {
    if (!this.#screen.isTTY || performance.now() - this.#shownAt < REDRAW_MS) return;
    this.#shownAt = performance.now();
    this.#screen.write(CLEAR_LINE + fitted(text, (this.#screen.columns || 80) - 1));
  }

  end(): void {
    if (this.#shownAt > 0) this.#screen.write(CLEAR_LINE);
  }
}
