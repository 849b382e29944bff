/** Durations and sizes as people write them: `30s`, `7d`, `50MiB`. Reading and writing are each other's inverse. */

const MS_BY_UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

const BYTES_BY_UNIT = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
} as const;

const bytesByLowerUnit = new Map(
  Object.entries(BYTES_BY_UNIT).map(([unit, size]) => [unit.toLowerCase(), size]),
);

/** Milliseconds of `500ms`, `30s`, `1.5h`, `7d`, `2w`. A number needs its unit: `30` is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d|w)$/.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  return whole(Number(amount) * MS_BY_UNIT[unit as keyof typeof MS_BY_UNIT]);
}

/** Bytes of `50MiB`, `10MB`, `1.5 GiB`, in any case; a number alone is bytes. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  const size = unit ? bytesByLowerUnit.get(unit.toLowerCase()) : 1;
  return size === undefined ? undefined : whole(Number(amount) * size);
}

/** The shortest exact way to write it: 604800000 is `7d`, 90000 is `90s`. */
export function exactDuration(milliseconds: number): string {
  return exact(milliseconds, ['d', 'h', 'm', 's', 'ms'], MS_BY_UNIT);
}

/** The shortest exact way to write it: 52428800 is `50MiB`, 10000000 is `10MB`, 1001 is `1001B`. */
export function exactBytes(bytes: number): string {
  return exact(bytes, ['TiB', 'GiB', 'MiB', 'KiB', 'TB', 'GB', 'MB', 'kB', 'B'], BYTES_BY_UNIT);
}

function exact<Unit extends string>(
  amount: number,
  units: readonly Unit[],
  sizes: Readonly<Record<Unit, number>>,
): string {
  const unit = units.find((candidate) => amount >= sizes[candidate] && amount % sizes[candidate] === 0);
  return unit === undefined ? `${amount}${units.at(-1)}` : `${amount / sizes[unit]}${unit}`;
}

/** Fractions are for people (`1.5h`); what is left of them below the smallest unit is a mistake. */
function whole(amount: number): number | undefined {
  const rounded = Math.round(amount);
  return Number.isSafeInteger(rounded) && Math.abs(amount - rounded) < 1e-6 ? rounded : undefined;
}
