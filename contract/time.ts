/**
 * The protocol's times: `yyyyMMddHHmmss` and `yyyyMMdd` in GMT+8, against epoch milliseconds inside.
 * China has no daylight saving, so the offset is a constant.
 */
const OFFSET_MS = 8 * 3_600_000;

/** Epoch milliseconds of a `yyyyMMddHHmmss` text in GMT+8, or undefined when it is no such moment. */
export function parseTimestamp(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - OFFSET_MS;
  return formatTimestamp(ms) === text ? ms : undefined;
}

/** `yyyyMMddHHmmss` in GMT+8 of epoch milliseconds. */
export function formatTimestamp(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 19).replace(/[-T:]/g, '');
}

/** `yyyyMMdd` in GMT+8 of epoch milliseconds. */
export const formatDate = (ms: number): string => formatTimestamp(ms).slice(0, 8);

/** Whether a text is a real calendar day written `yyyyMMdd`. */
export const isDate = (text: string): boolean => /^\d{8}$/.test(text) && parseTimestamp(`${text}000000`) !== undefined;
