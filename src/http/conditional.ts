/** Entity tags (RFC 9110, 8.8.3). All of ours are strong. */

export function strongTag(text: string): string {
  return `"${text}"`;
}

/** Whether the client has it already. Weak comparison: a cache on the way may have weakened the tag. */
export function matchesNone(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag);
}

/** Whether a range may be taken out of what is here now. Strong comparison, and dates are never good enough. */
export function mayContinue(ifRange: string | undefined, tag: string): boolean {
  return ifRange === undefined || ifRange.trim() === tag;
}
