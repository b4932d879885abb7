/**
 * Hides card, ID and mobile numbers in any text. It works on the finished line of a log, because what reaches a log by accident reaches it
 * under a name nobody foresaw. Too much may be hidden (a long number that happens to pass Luhn), too little must not.
 */

/** Runs of digits that may be one of those, also in groups of four as cards are printed; `X` ends an ID number. */
const CANDIDATE = /(?<!\d)(?:\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}(?:[ -]\d{1,3})?|\d{17}[Xx]|\d{11,19})(?!\d)/g;

/** ISO/IEC 7812-1 annex B. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place++) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const weighed = place % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

/** GB 11643: region, birthday, sequence, check character. Told by its birthday, since a mistyped one is personal too. */
function looksLikeId(text: string): boolean {
  return /^[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]$/.test(text);
}

/** Whether a run of digits is to be hidden: 13-19 passing Luhn, an ID number, a mobile number (with or without 86). */
function isPersonal(run: string): boolean {
  const digits = run.replace(/[ Xx-]/g, '');
  if (/^(?:86)?1\d{10}$/.test(digits)) return true;
  if (looksLikeId(run.replace(/[ -]/g, ''))) return true;
  return digits.length >= 13 && digits.length <= 19 && passesLuhn(digits);
}

/** The text with every such number reduced to its last four characters. */
export function mask(text: string): string {
  return text.replace(CANDIDATE, (run) => (isPersonal(run) ? `***${run.slice(-4)}` : run));
}

/** The first number that should have been hidden, for tests that scan logs; undefined when there is none. */
export function firstPersonal(text: string): string | undefined {
  for (const [run] of text.matchAll(CANDIDATE)) if (isPersonal(run)) return run;
  return undefined;
}
