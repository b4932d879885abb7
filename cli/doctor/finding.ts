/** What the doctor finds: a thing that was looked at, and, when it is not well, what is wrong and what to do about it. */
export interface Finding {
  readonly what: string;
  /** undefined when it is well. */
  readonly trouble?: string;
  /** Given with every trouble. */
  readonly todo?: string;
}

export interface Trouble {
  readonly trouble: string;
  readonly todo: string;
}

/** Collects findings, one look after another; what a look throws is its trouble. */
export class Findings {
  readonly all: Finding[] = [];

  /** @param todo what to do when the look itself fails. */
  async look(what: string, todo: string, examination: () => Promise<Trouble | undefined>): Promise<void> {
    try {
      this.add(what, await examination());
    } catch (error) {
      this.add(what, { trouble: error instanceof Error ? error.message : String(error), todo });
    }
  }

  add(what: string, trouble: Trouble | undefined): void {
    this.all.push(trouble === undefined ? { what } : { what, ...trouble });
  }
}

/** `3 s`, `5 min`, `2 h`, `4 d`: as exact as a person needs. */
export function inWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
