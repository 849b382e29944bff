import { describeFault, type Fault } from '../describe-fault.ts';
import type { Terminal } from '../terminal.ts';
import { plain } from '../text/format.ts';

export interface OneByOne {
  readonly done: string[];
  readonly failed: { readonly id: string; readonly error: Fault }[];
}

/**
 * Does something to each id, and tells of each; one that fails does not keep the others. What no id is to blame for
 * (no server, a wrong key) is thrown.
 */
export async function oneByOne(
  ids: Iterable<string>,
  act: (id: string) => Promise<unknown>,
  { terminal, signal, doneWord }: { terminal: Terminal; signal: AbortSignal; doneWord: string },
): Promise<OneByOne> {
  const result: OneByOne = { done: [], failed: [] };
  for (const id of new Set(ids)) {
    try {
      await act(id);
      result.done.push(id);
      terminal.line(`${plain(id)} ${doneWord}`);
    } catch (error) {
      signal.throwIfAborted();
      const fault = describeFault(error);
      if (fault.status === 0 || fault.status === 401) throw error;
      result.failed.push({ id, error: fault });
      terminal.note(`${plain(id)}: ${plain(fault.message)} (${plain(fault.code)})`);
    }
  }
  return result;
}
