/**
 * The load: several platforms, each with its users, chains of instructions and history, all at one pace from one seed. It knows the protocol
 * and the payment company's cashier, and closes the payment company's clearing days, as time would.
 */
import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Load, LoadOptions, PlatformHistory } from '../interface.ts';
import { chanceOf } from './chance.ts';
import { openHistory } from './history.ts';
import { mixOf } from './mix.ts';
import { paceOf } from './pace.ts';
import { probeStation, settleIn } from './settling-in.ts';
import { Station } from './station.ts';

/** When the load pauses, instructions in flight have so long to get a certain answer; after it they stay unknown until `finish`. */
const LAST_WAIT_MS = 45_000;
const CLOSE_DAY_MS = 40_000;

/** Every chain that waits listens to it. */
function newGiveUp(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

export function openLoad(options: LoadOptions): Load {
  const { seed, perSecond, note, company } = options;
  const root = chanceOf(String(seed));
  const pace = paceOf(perSecond);
  let stations: readonly Station[] = [];
  let giveUp = newGiveUp();
  let running: Promise<unknown> = Promise.resolve();
  let chains = 0;
  let idle: (() => void)[] = [];
  let paused = true;
  let folder = '';

  const open = async (): Promise<void> => {
    folder = await mkdtemp(join(tmpdir(), 'qianzhi-histories-'));
    stations = await Promise.all(
      options.platforms.map(async (credentials) => {
        const { platformNo } = credentials;
        return new Station({
          credentials,
          gatewayUrls: options.gatewayUrls,
          history: await openHistory(platformNo, join(folder, `${platformNo}.jsonl`)),
          chance: root.fork(platformNo),
          pace,
          giveUp: () => giveUp.signal,
          companyUrl: company.controlUrl,
        });
      }),
    );
  };

  const left = (): void => {
    chains -= 1;
    if (chains > 0) return;
    for (const resolve of idle) resolve();
    idle = [];
  };
  const entered = (): void => {
    chains += 1;
  };

  const closeDay = async (): Promise<void> => {
    if (paused) return;
    await fetch(`${company.controlUrl}/close-day`, { method: 'POST', body: '{}', signal: AbortSignal.timeout(5_000) })
      .then((response) => response.body?.cancel())
      .catch(() => undefined);
  };
  let days: NodeJS.Timeout | undefined;

  const pause = async (): Promise<void> => {
    paused = true;
    pace.pause();
    const { signal } = giveUp;
    const timer = setTimeout(() => giveUp.abort(), LAST_WAIT_MS);
    if (chains > 0) await new Promise<void>((resolve) => idle.push(resolve));
    clearTimeout(timer);
    if (signal.aborted) note('some instructions stay unknown for now');
  };

  const resume = (): void => {
    if (giveUp.signal.aborted) giveUp = newGiveUp();
    paused = false;
    pace.resume();
  };

  return {
    start: async () => {
      await open();
      note(`platforms ${stations.map(({ platformNo }) => platformNo).join(', ')} move in; histories in ${folder}`);
      await settleIn(stations, company.controlUrl);
      days = setInterval(() => void closeDay(), CLOSE_DAY_MS);
      resume();
      running = Promise.all(stations.map((station) => mixOf(station, stations, { entered, left })));
      running.catch((error: unknown) => note(`the load broke: ${String(error)}`));
    },
    pause,
    resume,
    stop: async () => {
      clearInterval(days);
      await pause();
      pace.end();
      await running;
      await Promise.all(stations.map(({ endpoint }) => endpoint.close()));
      await Promise.all(stations.map(({ client }) => client.history.close()));
    },
    probe: (timeoutMs) => probeStation(stations, root, timeoutMs),
    rotateKey: (platformNo, key) => stations.find((each) => each.platformNo === platformNo)?.rotate(key),
    endpoint: (platformNo, mode) => stations.find((each) => each.platformNo === platformNo)?.endpoint.mode(mode),
    counts: () => {
      const sum = (of: (station: Station) => number): number => stations.reduce((all, each) => all + of(each), 0);
      const sent = sum((each) => each.sent);
      const answered = sum((each) => each.answered);
      return { sent, answered, unknown: sent - answered, notified: sum((each) => each.endpoint.count) };
    },
    finish: async (timeoutMs) => {
      await pause();
      for (const { endpoint } of stations) endpoint.mode('well');
      if (giveUp.signal.aborted) giveUp = newGiveUp();
      const timer = setTimeout(() => giveUp.abort(), timeoutMs);
      await Promise.all(stations.map((station) => station.finish()));
      clearTimeout(timer);
      return stations.flatMap(({ platformNo, unfinished }) =>
        unfinished.map(({ service, content }) => `${platformNo} ${service} ${content.requestNo}`),
      );
    },
    ask: async (platformNo, serviceName, request) => {
      const station = stations.find((each) => each.platformNo === platformNo);
      return station?.client.ask(serviceName, request, root.fork(`ask/${platformNo}`));
    },
    histories: () =>
      stations.map(
        ({ platformNo, client, personalData }): PlatformHistory => ({
          platformNo,
          events: () => client.history.events(),
          personalData,
        }),
      ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
