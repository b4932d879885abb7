/** PLATFORM_KEY_ADDED: an operator registers another key of a platform. The books record the act; the gateway applies it. */
import type { Operation } from '../operation.ts';
import { registered } from './registry.ts';

export const platformKeyAdded: Operation<'PLATFORM_KEY_ADDED'> = {
  reads: () => ({}),
  decide: (instruction) => registered(instruction, { change: 'KEY_ADDED', key: instruction.act.key }),
};
