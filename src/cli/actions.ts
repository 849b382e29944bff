import { didYouMean } from '../did-you-mean.ts';
import { UsageError } from './command.ts';

/** What a verb with a second verb is to do: `dead-letters redrive ID`. @throws UsageError */
export function pickAction<Action extends string>(
  operands: readonly string[],
  actions: readonly [Action, ...Action[]],
): { action: Action; rest: readonly string[] } {
  const [word = actions[0], ...rest] = operands;
  const action = actions.find((known) => known === word);
  if (action !== undefined) return { action, rest };
  const meant = didYouMean(word, actions);
  const hint = meant === undefined ? ` It is one of ${actions.join(', ')}.` : ` Did you mean ${meant}?`;
  throw new UsageError(`There is no action ${JSON.stringify(word)}.${hint}`);
}

/** The one operand of an action. @throws UsageError */
export function onlyOperand(rest: readonly string[], what: string): string {
  const [operand, surplus] = rest;
  if (operand === undefined) throw new UsageError(`Something is missing: ${what}.`);
  if (surplus !== undefined) throw new UsageError(`Too much: ${JSON.stringify(surplus)}.`);
  return operand;
}
