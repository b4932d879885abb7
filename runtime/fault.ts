/**
 * Named points at which a test lets a process die, wait or fail, between two steps that a crash may come between. Nothing is armed unless
 * a test arms it, in its own process or by QIANZHI_FAULT for one it starts: `name=kill`, `name=throw` or `name=wait:250`, separated by commas.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from './failure.ts';

type Trap = () => Promise<void> | void;
const armed = new Map<string, Trap>();

function trapOf(action: string): Trap {
  if (action === 'kill') return () => process.kill(process.pid, 'SIGKILL') && sleep(60_000);
  if (action === 'throw') return () => Promise.reject(new Unavailable('a fault was armed here'));
  const [, ms] = /^wait:(\d+)$/.exec(action) ?? [];
  if (ms === undefined) throw new Error(`QIANZHI_FAULT: ${action} is none of kill, throw, wait:<milliseconds>`);
  return () => sleep(Number(ms));
}

for (const entry of (process.env['QIANZHI_FAULT'] ?? '').split(',').filter((text) => text !== '')) {
  const [name = '', action = 'kill'] = entry.split('=');
  armed.set(name, trapOf(action));
}

/** Arms a point in this process. @returns how to disarm it. */
export function arm(name: string, trap: Trap): () => void {
  armed.set(name, trap);
  return () => {
    armed.delete(name);
  };
}

/** A point where it may go wrong. Does nothing unless it is armed; give the answer to `await`. */
export function fault(name: string): Promise<void> | void {
  return armed.size === 0 ? undefined : armed.get(name)?.();
}
