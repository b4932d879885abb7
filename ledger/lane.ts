/** A lane: what is given to it runs one after another, in the order of asking. A partition has one writer, and the writer one lane. */

export type Lane = <T>(act: () => Promise<T>) => Promise<T>;

export function openLane(): Lane {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const next = last.then(act);
    last = next.catch(() => undefined);
    return next;
  };
}
