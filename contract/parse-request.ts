/** Reads reqData into a typed request, once, at the edge. A refusal names the path and what was expected there. */
import type { z } from 'zod';
import { type Rejection, reject } from './codes.ts';
import { DuplicateKey } from './json-reader.ts';
import { numberText, parseLossless } from './lossless.ts';
import { type OpenService, type RequestOf, services } from './services.ts';
import { parseTimestamp } from './time.ts';

/** A reqData that is a JSON object with a timestamp: what can be said before the service is looked at. */
export interface ReqData {
  readonly fields: Readonly<Record<string, unknown>>;
  /** Epoch milliseconds of its `timestamp`. */
  readonly timestamp: number;
}

/** Parses the text of reqData. Refuses with 100002: no JSON, no object, a duplicate key, no valid timestamp. */
export function parseReqData(text: string): ReqData | Rejection {
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch (error) {
    if (error instanceof DuplicateKey) return reject('100002', `reqData: ${error.message}`);
    return reject('100002', 'reqData: not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return reject('100002', 'reqData: an object');
  const fields = value as Record<string, unknown>;
  const written = numberText(fields['timestamp']) ?? fields['timestamp'];
  const timestamp = typeof written === 'string' ? parseTimestamp(written) : undefined;
  if (timestamp === undefined) return reject('100002', 'reqData.timestamp: a moment written yyyyMMddHHmmss');
  return { fields, timestamp };
}

/** Parses the fields of an open service's request. Refuses with 100002 and the first path that is wrong. */
export function parseRequest<S extends OpenService>(serviceName: S, reqData: ReqData): RequestOf<S> | Rejection {
  const schema: z.ZodType = services[serviceName].request;
  const parsed = schema.safeParse(reqData.fields);
  if (parsed.success) return parsed.data as RequestOf<S>;
  const [issue] = parsed.error.issues;
  return reject('100002', issue === undefined ? undefined : `${pathOf(issue.path)}: ${issue.message}`);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    'reqData',
  );
}
