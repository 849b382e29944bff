import type { ChildProcess } from 'node:child_process';
import { launchRenderer } from './renderer-launch.ts';
import { Answer, type Task, type TaskAnswer } from './renderer-protocol.ts';
import { residentBytes } from './resident-memory.ts';

/** Why a renderer is no more: killed by us for a reason, or by itself or somebody else (`died`). */
export type DeathCause =
  | 'deadline'
  | 'memory'
  | 'nonsense'
  | 'aborted'
  | 'start_too_slow'
  | 'recycled'
  | 'closed'
  | 'died';

export interface Death {
  readonly cause: DeathCause;
  /** `SIGSEGV`, `code 1` */
  readonly how: string;
  readonly signal: NodeJS.Signals | null;
  /** the end of what it wrote to standard error, for the log */
  readonly lastWords: string;
  /** the task that it worked on */
  readonly task?: number;
}

export type Outcome = { readonly answer: TaskAnswer } | { readonly death: Death };

export interface ChildOptions {
  readonly entry: string;
  readonly maxRssBytes: number;
  readonly startDeadlineMs: number;
  readonly onReady: (child: RendererChild) => void;
  readonly onGone: (child: RendererChild, death: Death) => void;
}

const LAST_WORDS = 4000;

/** Faster than any decoder was seen to take memory (70 MB in 25 ms). In a millisecond. */
const FASTEST_GROWTH_BYTES = 4 * 2 ** 20;
/** milliseconds between two looks at the memory of a busy process */
const WATCH = { often: 10, rarely: 250 };

/** One renderer process, seen from its parent: takes one task at a time, and can be killed. */
export class RendererChild {
  readonly #process: ChildProcess;
  readonly #options: ChildOptions;
  #state: 'starting' | 'idle' | 'busy' | 'dying' | 'gone' = 'starting';
  #work: { readonly id: number; readonly settle: (outcome: Outcome) => void } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  #cause: DeathCause = 'died';
  #lastWords = '';
  /** tasks answered */
  answered = 0;
  /** resident memory, bytes, when last seen */
  rss = 0;
  /** the same when it had done nothing yet */
  freshRss = 0;
  /** milliseconds of processor time since it began, when last told */
  cpuMs = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#process = launchRenderer(options);
    this.#timer = setTimeout(() => this.kill('start_too_slow'), options.startDeadlineMs);
    this.#process.on('message', (message) => this.#hear(message));
    this.#process.on('exit', (code, signal) => this.#gone(signal ?? `code ${code}`, signal));
    // Could not be started, or a message could not be sent: the exit of a process that runs tells the rest.
    this.#process.on('error', (error) => {
      this.#lastWords += `${error.message}\n`;
      if (this.pid === 0) this.#gone('not started', null);
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
  }

  /** 0 where it could not be started */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isStarting(): boolean {
    return this.#state === 'starting';
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  get isBusy(): boolean {
    return this.#state === 'busy';
  }

  /** Has a task that is being worked on, even where the process has been killed for it. */
  run(task: Task, deadlineMs: number): Promise<Outcome> {
    if (!this.isIdle) throw new Error('this renderer is not idle');
    this.#state = 'busy';
    this.#timer = setTimeout(() => this.kill('deadline'), deadlineMs);
    this.#watchMemory();
    return new Promise((settle) => {
      this.#work = { id: task.id, settle };
      this.#process.send(task);
    });
  }

  /** The first cause counts. */
  kill(cause: DeathCause): void {
    if (this.#state === 'dying' || this.#state === 'gone') return;
    this.#state = 'dying';
    this.#cause = cause;
    this.#clearTimers();
    this.#process.kill('SIGKILL');
  }

  #hear(message: unknown): void {
    if (this.#state === 'dying') return;
    const { data: answer, error } = Answer.safeParse(message);
    if (!answer) this.#talksNonsense(error.message);
    else if (answer.kind === 'ready') this.#ready();
    else if (answer.id !== this.#work?.id) this.#talksNonsense(`an answer to task ${answer.id}`);
    else this.#answer(answer, this.#work.settle);
  }

  #ready(): void {
    if (this.#state !== 'starting') return;
    clearTimeout(this.#timer);
    this.#state = 'idle';
    this.rss = residentBytes(this.pid) ?? 0;
    this.freshRss = this.rss;
    this.#options.onReady(this);
  }

  #answer(answer: TaskAnswer, settle: (outcome: Outcome) => void): void {
    this.#clearTimers();
    this.#work = undefined;
    this.#state = 'idle';
    this.answered += 1;
    this.rss = answer.usage.rss;
    this.cpuMs = answer.usage.cpuMs;
    settle({ answer });
  }

  /** Looks again before the limit can be reached: rarely while there is plenty of room. */
  #watchMemory(): void {
    const { maxRssBytes } = this.#options;
    this.rss = residentBytes(this.pid) ?? this.rss;
    if (this.rss > maxRssBytes) {
      this.kill('memory');
      return;
    }
    const untilFull = (maxRssBytes - this.rss) / FASTEST_GROWTH_BYTES;
    const pause = Math.min(WATCH.rarely, Math.max(WATCH.often, untilFull));
    this.#watch = setTimeout(() => this.#watchMemory(), pause);
  }

  #clearTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
  }

  #talksNonsense(what: string): void {
    this.#lastWords += `not understood: ${what}\n`;
    this.kill('nonsense');
  }

  #gone(how: string, signal: NodeJS.Signals | null): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#clearTimers();
    const lastWords = this.#lastWords.slice(-LAST_WORDS);
    const task = this.#work && { task: this.#work.id };
    const death: Death = { cause: this.#cause, how, signal, lastWords, ...task };
    this.#work?.settle({ death });
    this.#options.onGone(this, death);
  }
}
