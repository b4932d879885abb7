/** W3C Trace Context, the one header: it travels in message headers and outbox rows, so that a trace does not break at the bus. */
import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A traceparent for a new span: of the given trace, when that is a valid one, else of a new, sampled trace. */
export function traceparent(parent?: string): string {
  const known = parent === undefined ? null : TRACEPARENT.exec(parent);
  const trace = known?.[1] ?? randomBytes(16).toString('hex');
  return `00-${trace}-${randomBytes(8).toString('hex')}-${known?.[3] ?? '01'}`;
}

/** The trace's id, or undefined when the text is not a traceparent of version 00. */
export function traceIdOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : TRACEPARENT.exec(text)?.[1];
}
