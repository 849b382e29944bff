import { formatDuration, formatRate } from './format.ts';
import { fitted } from './width.ts';

/** What a progress bar is drawn on: standard error, or a stand-in. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly total: number;
  readonly screen: Screen;
  /** milliseconds, monotonic */
  readonly now?: () => number;
}

const REDRAW_MS = 100;
/** Without a terminal a line now and then is enough: logs are read by people too. */
const LOG_LINE_MS = 10_000;
const BAR_WIDTH = 24;
export const CLEAR_LINE = '\r\x1b[2K';

/**
 * How far a long piece of work has come, its rate and the time left: a bar on a terminal, elsewhere a line every
 * ten seconds. Other text may be printed above it with `above`.
 */
export class Progress {
  readonly #total: number;
  readonly #screen: Screen;
  readonly #now: () => number;
  readonly #startedAt: number;
  #done = 0;
  #drawnAt: number;
  #isDrawn = false;

  constructor({ total, screen, now = () => performance.now() }: ProgressOptions) {
    this.#total = total;
    this.#screen = screen;
    this.#now = now;
    this.#startedAt = this.#drawnAt = now();
    if (screen.isTTY) this.#draw();
  }

  /** One more is done. */
  advance(): void {
    this.#done += 1;
    const interval = this.#screen.isTTY ? REDRAW_MS : LOG_LINE_MS;
    if (this.#now() - this.#drawnAt >= interval && this.#done < this.#total) this.#draw();
  }

  /** Lets `print` write where the bar is, and draws the bar again below. */
  above(print: () => void): void {
    const wasDrawn = this.#isDrawn;
    this.#clear();
    print();
    if (wasDrawn) this.#draw();
  }

  /** Takes the bar away. */
  end(): void {
    this.#clear();
  }

  #draw(): void {
    this.#drawnAt = this.#now();
    const text = progressText(this.#done, this.#total, this.#now() - this.#startedAt);
    if (!this.#screen.isTTY) {
      this.#screen.write(`${text}\n`);
      return;
    }
    const line = `${bar(this.#done, this.#total)} ${text}`;
    this.#screen.write(CLEAR_LINE + fitted(line, (this.#screen.columns || 80) - 1));
    this.#isDrawn = true;
  }

  #clear(): void {
    if (this.#isDrawn) this.#screen.write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

/** `12 of 60, 6.2/s, 8 s left`; rate and time left as soon as there is something to measure. */
export function progressText(done: number, total: number, elapsedMs: number): string {
  const count = `${done} of ${total}`;
  if (done === 0 || elapsedMs <= 0) return count;
  const perSecond = done / (elapsedMs / 1000);
  return `${count}, ${formatRate(perSecond)}, ${formatDuration(((total - done) / perSecond) * 1000)} left`;
}

export function bar(done: number, total: number): string {
  const filled = total > 0 ? Math.floor((done / total) * BAR_WIDTH) : BAR_WIDTH;
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}
