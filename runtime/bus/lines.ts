/** Lines: a queue that is not partitioned is one line, a partitioned one has a line per partition. Computed from the topology. */
import { type Family, families, PARTITIONS, partitionOf, type QueueName, queues } from '../../contract/topology.ts';

/** The line's name: the queue's, with the partition behind it when there are several. */
export function lineOf(queue: QueueName, partition: number): string {
  return queues[queue].partitioned ? `${queue}.${partition}` : queue;
}

/** The line that a message goes to. */
export function lineFor(message: { readonly family: Family; readonly platformNo: string }): string {
  const { queue } = families[message.family];
  return lineOf(queue, queues[queue].partitioned ? partitionOf(message.platformNo) : 0);
}

/** A family that goes into the queue. */
export function familyInto(queue: QueueName): Family {
  const found = Object.entries(families).find(([, family]) => family.queue === queue);
  if (found === undefined) throw new RangeError(`nothing goes into ${queue}`);
  return found[0] as Family;
}

export interface Line {
  readonly name: string;
  readonly queue: QueueName;
  readonly partition: number;
  readonly partitioned: boolean;
}

/** Every line of the topology. */
export const lines: readonly Line[] = Object.entries(queues).flatMap(([queue, { partitioned }]) =>
  Array.from({ length: partitioned ? PARTITIONS : 1 }, (_, partition) => ({
    name: lineOf(queue as QueueName, partition),
    queue: queue as QueueName,
    partition,
    partitioned,
  })),
);

/** What a server says of a line (inspect.ts). */
export interface LineState {
  readonly line: Line;
  /** As the server calls it: the queue with its prefix, or the table. */
  readonly name: string;
  /** `missing`: there is no such queue. `silent`: the server does not say, in time. */
  readonly is: 'there' | 'missing' | 'silent';
  /** Messages that wait, without those in a consumer's hands where the server tells them apart; 0 unless it is there. */
  readonly waiting: number;
  /** Living subscriptions, stand-bys included where the server counts them. */
  readonly consumers: number;
}
