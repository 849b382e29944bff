/** Figures for people: short, and never more exact than they are true. Machines get the plain numbers by `--json`. */

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Decimal units, three digits: 999 B, 1.2 kB, 48 MB. */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (unit < SIZES.length - 1 && Math.abs(amount) >= (unit === 0 ? 1000 : 999.5)) {
    amount /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(amount) : threeDigits(amount)} ${SIZES[unit]}`;
}

/** 12 ms, 1.4 s, 2 m 05 s, 3 h 10 m, 6 d 4 h. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A share of what was there: `62 %` saved, `-8 %` where it grew, `x 32` where it is that many times as large. */
export function formatSaved(before: number, after: number): string {
  if (before <= 0) return '-';
  const percent = Math.round((1 - after / before) * 100) || 0;
  if (percent > -1000) return `${percent} %`;
  const times = Math.round(after / before);
  return times < 10_000 ? `x ${times}` : 'x 9999+';
}

/** How often something happens: 6.2/s, or 4.1/min where it is slow. */
export function formatRate(perSecond: number): string {
  return perSecond >= 1 ? `${threeDigits(perSecond)}/s` : `${threeDigits(perSecond * 60)}/min`;
}

/** `1 photo`, `2 photos`, `1,000 photos`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** An ISO 8601 time to the second: 2025-06-01 10:20:30Z. */
export function formatTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/**
 * Text from elsewhere (file names, tags, messages of a server), safe for a terminal: without control characters,
 * escape sequences and marks that turn the direction of writing round.
 */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function threeDigits(amount: number): string {
  return amount >= 9.95 ? String(Math.round(amount)) : amount.toFixed(1);
}

function twoDigits(amount: number): string {
  return String(amount).padStart(2, '0');
}
