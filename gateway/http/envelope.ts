/** From the request's bytes to the envelope: which of the two content types it is, its charset, its size, its fields. */
import type { IncomingHttpHeaders } from 'node:http';
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import { type Envelope, parseEnvelope } from '../../contract/envelope.ts';
import { type BodyLimits, bodyLimitOf } from './body.ts';
import { readForm, readJson } from './form.ts';

const readers = { 'application/x-www-form-urlencoded': readForm, 'application/json': readJson } as const;

/** Reads the envelope of a body that was received. Refuses with 100002 and what was expected. */
export function readEnvelope(headers: IncomingHttpHeaders, body: Buffer, limits: BodyLimits): Envelope | Rejection {
  const { 'content-type': contentType, 'content-encoding': encoding } = headers;
  const reader = readerOf(contentType);
  if (isRejection(reader)) return reader;
  if (encoding !== undefined && encoding !== 'identity') return reject('100002', 'Content-Encoding: none');
  const fields = reader(body);
  if (isRejection(fields)) return fields;
  const envelope = parseEnvelope(fields);
  if (isRejection(envelope)) return envelope;
  const limit = bodyLimitOf(envelope.serviceName, limits);
  if (body.length > limit) return reject('100002', `body: at most ${limit} bytes`);
  return envelope;
}

function readerOf(contentType: string | undefined): (typeof readers)[keyof typeof readers] | Rejection {
  const [mediaType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const reader = Object.hasOwn(readers, mediaType) ? readers[mediaType as keyof typeof readers] : undefined;
  if (reader === undefined)
    return reject('100002', 'Content-Type: application/x-www-form-urlencoded or application/json');
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) return reject('100002', 'Content-Type: charset UTF-8');
  return reader;
}

/** What the user sits at: as the platform says, else by his browser. */
export function userDeviceOf(envelope: Envelope, headers: IncomingHttpHeaders): 'PC' | 'MOBILE' {
  return (
    envelope.userDevice ?? (/\b(?:Mobile|Android|iPhone|iPad)\b/i.test(headers['user-agent'] ?? '') ? 'MOBILE' : 'PC')
  );
}
