/**
 * Finished answers in Redis: a retry of what has its last word is answered without the books. A filter and no proof: the answer is sealed
 * together with platform, number and digest, so only the very same content opens it; in any doubt, or when Redis is away or slow, the
 * message is published, and the ledger's claim answers.
 */
import type { Sealer } from '../certs/seal.ts';
import { decode, encode } from '../contract/internal/codec.ts';
import type { Answer } from '../contract/internal/reply.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Cache } from '../runtime/redis.ts';

/** Which content an answer is for. */
export interface Content {
  readonly platformNo: string;
  readonly requestNo: string;
  /** Hex SHA-256. */
  readonly digest: string;
}

export interface Finished {
  /** The last word on this very content, when it is known. Never throws. */
  find(content: Content): Promise<Answer | undefined>;
  /** Remembers an answer that is final. */
  remember(content: Content, answer: Answer): void;
}

/** How long an answer is remembered. */
const KEEP_MS = 24 * 3_600_000;
/** A lookup that takes longer costs more than it saves. */
const PATIENCE_MS = 50;
/** After a failure Redis is left alone for so long. */
const REST_MS = 1_000;
/** A longer answer is cheaper to ask for again than to keep. */
const LONGEST = 64 * 1024;

const keyOf = ({ platformNo, requestNo }: Content): string => `answer:${platformNo.length}:${platformNo}:${requestNo}`;
const labelOf = ({ platformNo, requestNo, digest }: Content): string =>
  JSON.stringify(['answer', platformNo, requestNo, digest]);

/** Without Redis nothing is found and nothing remembered. */
export function openFinished(cache: Cache | undefined, sealer: Sealer, log: Log, metrics: Metrics): Finished {
  if (cache === undefined) return { find: async () => undefined, remember: () => undefined };
  const lookups = metrics.counter('gateway_finished_lookups_total', 'Lookups of finished answers in Redis', [
    'outcome',
  ]);
  let restUntil = 0;
  const failed = (error: unknown): void => {
    const now = performance.now();
    if (now >= restUntil) log.warn({ err: error }, 'Redis gives no answers: retries go to the books');
    restUntil = now + REST_MS;
  };

  const open = (content: Content, box: string): Answer | undefined => {
    try {
      const text = sealer.openBytes(labelOf(content), Buffer.from(box, 'base64')).toString('utf8');
      return decode<{ readonly version: 1; readonly answer: Answer }>(text).answer;
    } catch {
      // Other content under this number, or something that we did not write: the books will say.
      return undefined;
    }
  };

  return {
    find: async (content) => {
      if (performance.now() < restUntil) {
        lookups.inc({ outcome: 'degraded' });
        return undefined;
      }
      try {
        const box = await within(cache.get(keyOf(content)), PATIENCE_MS);
        const answer = box === undefined ? undefined : open(content, box);
        lookups.inc({ outcome: answer !== undefined ? 'hit' : box === undefined ? 'miss' : 'other' });
        return answer;
      } catch (error) {
        failed(error);
        lookups.inc({ outcome: 'degraded' });
        return undefined;
      }
    },
    remember: (content, answer) => {
      if (!answer.final || performance.now() < restUntil) return;
      const bytes = Buffer.from(encode({ version: 1, answer }), 'utf8');
      if (bytes.length > LONGEST) return;
      cache.set(keyOf(content), sealer.sealBytes(labelOf(content), bytes).toString('base64'), KEEP_MS).catch(failed);
    },
  };
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
