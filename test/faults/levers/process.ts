/**
 * One process of the product under our hand, with the supervisor that it has in earnest: what ends without being told to is started again.
 * It can be killed, frozen, replaced as a deployment does, armed with a fault point, and its clock can jump.
 */
import { type Program, type ProgramOptions, readyLine, startProgram } from '../../../demo/programs.ts';
import type { FakeClock } from './clock.ts';

export interface ProductProcess {
  readonly name: string;
  readonly logFile: string;
  /** Its clock; undefined without libfaketime. */
  readonly clock: FakeClock | undefined;
  /** Lets it run (again); returns at once. @param faultPoint armed in this start alone, not in those after it died. */
  start(faultPoint?: string): void;
  /** Resolves when the process that runs now is ready; rejects at the deadline. */
  ready(deadlineMs: number): Promise<void>;
  /** kill -9; it stays away until `start`. */
  kill(): Promise<void>;
  /** SIGTERM; resolves once it has drained and ended. It stays away until `start`. */
  stop(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** How often the process that was armed died of it. */
  readonly struck: number;
  /** Every end that nobody asked for, in words. */
  readonly unasked: readonly string[];
}

export interface ProductOptions {
  readonly name: string;
  /** `node <args>`. */
  readonly args: readonly string[];
  readonly logFile: string;
  readonly clock?: FakeClock;
  /** Told of each child, so that it does not outlive us. */
  readonly born: (child: Program['process']) => void;
}

/** A supervisor waits a little, as systemd does. */
const AGAIN_MS = 200;
const READY_MS = 120_000;

export function superviseProcess(options: ProductOptions): ProductProcess {
  const { name, args, logFile, clock, born } = options;
  let wanted = false;
  let program: Program | undefined;
  let isReady = false;
  let struck = 0;
  const unasked: string[] = [];
  const waiting: (() => void)[] = [];

  const launch = (faultPoint?: string): void => {
    const environment = {
      ...clock?.environment,
      QIANZHI_FAULT: faultPoint === undefined ? '' : `${faultPoint}=kill`,
    };
    const settings: ProgramOptions = { environment, detached: true };
    const running = startProgram(name, args, logFile, settings);
    program = running;
    isReady = false;
    born(running.process);
    readyLine(running, logFile, (said) => said['ready'] === true).then(
      () => {
        if (program !== running) return;
        isReady = true;
        for (const tell of waiting.splice(0)) tell();
      },
      // Its end is told below.
      () => undefined,
    );
    running.process.once('exit', (code, signal) => {
      if (program !== running) return;
      program = undefined;
      const wasReady = isReady;
      isReady = false;
      if (!wanted) return;
      if (faultPoint !== undefined && signal === 'SIGKILL') struck += 1;
      // One that does not come up while a server is away is tried again; that is what its supervisor is for.
      else if (wasReady) unasked.push(`${name} ended by itself (${signal ?? `code ${code}`})`);
      setTimeout(() => {
        if (wanted && program === undefined) launch();
      }, AGAIN_MS);
    });
  };

  const ended = (running: Program): Promise<void> =>
    new Promise((resolve) => {
      if (running.process.exitCode !== null || running.process.signalCode !== null) resolve();
      else running.process.once('exit', () => resolve());
    });

  return {
    name,
    logFile,
    clock,
    start: (faultPoint) => {
      wanted = true;
      if (program === undefined) launch(faultPoint);
    },
    ready: (deadlineMs) => {
      if (isReady) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${name} was not ready within ${deadlineMs / 1000} s; see ${logFile}`)),
          Math.min(deadlineMs, READY_MS),
        );
        waiting.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
    },
    kill: async () => {
      wanted = false;
      const running = program;
      if (running === undefined) return;
      running.process.kill('SIGKILL');
      await ended(running);
    },
    stop: async () => {
      wanted = false;
      const running = program;
      if (running === undefined) return;
      // One that is frozen would not hear it.
      running.process.kill('SIGCONT');
      await running.stop();
      if (running.process.signalCode === 'SIGKILL') unasked.push(`${name} did not drain in time and was killed`);
    },
    freeze: () => void program?.process.kill('SIGSTOP'),
    thaw: () => void program?.process.kill('SIGCONT'),
    get struck() {
      return struck;
    },
    get unasked() {
      return unasked;
    },
  };
}
