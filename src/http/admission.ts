import { Failure } from '../failures.ts';
import { LANES, type Queue } from '../pipeline/queue.ts';

/** How much is taken on at once. What is over is refused at once: a refusal is cheap, a crash is not. */
export interface Limits {
  /** bodies of pictures that are being received */
  readonly uploads: number;
  /** clients that follow the events */
  readonly eventStreams: number;
  /** requests that wait for an image */
  readonly waiters: number;
  /** archives of people and trails that are written, and trails that are verified */
  readonly exports: number;
  /** passwords and codes that are checked */
  readonly signIns: number;
  /** images that wait for the pipeline; no more are taken in */
  readonly backlog: number;
}

const defaultLimits: Limits = {
  uploads: 64,
  eventStreams: 500,
  waiters: 1000,
  exports: 8,
  signIns: 32,
  backlog: 20_000,
};

export type Admitted = Exclude<keyof Limits, 'backlog'>;

export interface Admission {
  /** Takes a place for as long as the answer is not called. @throws Failure `overloaded` */
  enter(kind: Admitted): () => void;
  /** `enter` around a piece of work. */
  during<T>(kind: Admitted, work: () => Promise<T>): Promise<T>;
  /** @throws Failure `overloaded` where too many images wait already */
  assertRoomInQueue(): Promise<void>;
}

const names: Readonly<Record<Admitted, string>> = {
  uploads: 'uploads are under way',
  eventStreams: 'clients follow the events',
  waiters: 'requests wait for images',
  exports: 'archives and trails are being read',
  signIns: 'sign-ins are under way',
};

/** The depth of the queue is not counted anew for each upload: it does not grow that fast. */
const DEPTH_GOOD_FOR_MS = 500;

export function createAdmission(queue: Pick<Queue, 'depth'>, limits: Partial<Limits> = {}): Admission {
  const most = { ...defaultLimits, ...limits };
  const inside: Record<Admitted, number> = {
    uploads: 0,
    eventStreams: 0,
    waiters: 0,
    exports: 0,
    signIns: 0,
  };
  let backlog = { count: Promise.resolve(0), at: Number.NEGATIVE_INFINITY };

  const admission: Admission = {
    enter(kind) {
      if (inside[kind] >= most[kind]) throw tooMuch(`${inside[kind]} ${names[kind]}`);
      inside[kind] += 1;
      let left = false;
      return () => {
        if (!left) inside[kind] -= 1;
        left = true;
      };
    },

    async during(kind, work) {
      const leave = admission.enter(kind);
      try {
        return await work();
      } finally {
        leave();
      }
    },

    async assertRoomInQueue() {
      const now = performance.now();
      if (now - backlog.at > DEPTH_GOOD_FOR_MS) backlog = { count: waiting(queue), at: now };
      const count = await backlog.count;
      if (count >= most.backlog) throw tooMuch(`${count} images wait to be processed`);
    },
  };
  return admission;
}

async function waiting(queue: Pick<Queue, 'depth'>): Promise<number> {
  const depth = await queue.depth();
  return LANES.reduce((sum, lane) => sum + depth[lane].waiting + depth[lane].delayed, 0);
}

function tooMuch(what: string): Failure {
  return new Failure('overloaded', `${what}, and there is no room for more. Try again in a few seconds.`);
}
