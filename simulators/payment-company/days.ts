/** Calendar days `yyyyMMdd` in GMT+8, in which the company clears. */
const OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

const written = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');

/** The day it is in China. */
export const dayOf = (epochMs: number): string => written(epochMs + OFFSET_MS);

/** The day after; throws RangeError when `day` is none. */
export const nextDay = (day: string): string => {
  const ms = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)));
  if (!/^\d{8}$/.test(day) || written(ms) !== day) throw new RangeError(`no day yyyyMMdd: ${day}`);
  return written(ms + DAY_MS);
};
