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
