import { UsageError } from '../command.ts';

/** Tags as they are typed: `team=web`. The value may be empty and may hold more `=`. @throws UsageError */
export function parseTags(typed: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    typed.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`A tag is written key=value; got ${JSON.stringify(text)}.`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
