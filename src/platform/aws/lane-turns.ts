import type { Lane } from '../../pipeline/queue.ts';

/** Which lane is looked into first: the interactive one, but for a message now and then. */
export interface LaneTurns {
  order(): readonly Lane[];
  /** Takes note of what was handed out. */
  handedOut(lane: Lane): void;
}

/** A message of the background after so many others: a twelfth of the work, however many people wait. */
const OTHERS_BEFORE_BACKGROUND = 11;

const INTERACTIVE_FIRST: readonly Lane[] = ['interactive', 'background'];
const BACKGROUND_FIRST: readonly Lane[] = ['background', 'interactive'];

export function createLaneTurns(): LaneTurns {
  let since = 0;
  return {
    order: () => (since >= OTHERS_BEFORE_BACKGROUND ? BACKGROUND_FIRST : INTERACTIVE_FIRST),
    handedOut(lane) {
      since = lane === 'background' ? 0 : since + 1;
    },
  };
}
