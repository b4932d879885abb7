/** PLATFORM_KEY_REVOKED: an operator revokes a key of a platform. The books record the act; the gateway applies it. */
import type { Operation } from '../operation.ts';
import { registered } from './registry.ts';

export const platformKeyRevoked: Operation<'PLATFORM_KEY_REVOKED'> = {
  reads: () => ({}),
  decide: (instruction) =>
    registered(instruction, {
      change: 'KEY_REVOKED',
      keySerial: instruction.act.keySerial,
      revokedAt: instruction.receivedAt,
    }),
};
