/**
 * Where the processor's time goes: profiles of exactly one phase, of this process or of others that were started with `--inspect=PORT`,
 * kept as .cpuprofile files (Chromium's developer tools open them) and printed as the functions with the most time of their own.
 */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { basename } from 'node:path';
import { WebSocket } from 'undici';

/** Microseconds between samples. */
const INTERVAL = 500;

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

/** Profiles this process from now on; the function returned writes the file. */
export async function startProfile(file: string): Promise<() => Promise<void>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    await writeFile(file, JSON.stringify(profile));
    session.disconnect();
  };
}

/** Profiles the process whose inspector listens at this port from now on; the function returned writes the file. */
export async function startRemoteProfile(port: number, file: string): Promise<() => Promise<void>> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    readonly webSocketDebuggerUrl: string;
  }[];
  if (target === undefined) throw new Error(`no inspector at port ${port}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const waiting = new Map<number, (result: unknown) => void>();
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error(`the inspector at port ${port} is not to be reached`)));
  });
  socket.addEventListener('message', ({ data }) => {
    const said = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown };
    if (said.id !== undefined) waiting.get(said.id)?.(said.result);
  });
  let count = 0;
  const post = (method: string, params: object = {}): Promise<unknown> => {
    count += 1;
    const id = count;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await post('Profiler.start');
  return async () => {
    const { profile } = (await post('Profiler.stop')) as { readonly profile: CpuProfile };
    await writeFile(file, JSON.stringify(profile));
    socket.close();
  };
}

/** The functions with the most time of their own, each as a line; what the process waited is left out of the whole. */
export function topOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile, most = 20): readonly string[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = /node_modules/.test(url)
        ? url.replace(/^.*node_modules\//, '')
        : url.startsWith('node:')
          ? url
          : url.replace(/^.*\/dist\//, '');
      return [id, `${functionName || '(anonymous)'}  ${file}${file === '' ? '' : `:${lineNumber + 1}`}`];
    }),
  );
  const micros = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '';
    if (name.startsWith('(idle)') || name.startsWith('(program)  idle')) return;
    const spent = timeDeltas[index] ?? 0;
    busy += spent;
    micros.set(name, (micros.get(name) ?? 0) + spent);
  });
  return [...micros]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(([name, spent]) => `${((spent / busy) * 100).toFixed(1).padStart(5)} %  ${name}`);
}

/** Prints the heaviest functions of a profile. */
export function printTop(file: string, profile: CpuProfile): void {
  console.log(`\n${basename(file)}: time of their own, of the main thread's busy time (thread pool not in it)`);
  for (const line of topOf(profile)) console.log(line);
}
