/** Which channel serves an order: the one that the platform wishes, when it is configured, else the default. Committed with the order. */
export interface RoutingSettings {
  readonly channels: Readonly<Record<string, unknown>>;
  /** Wished pay companies that are no channel's name, and the channel that serves each. */
  readonly routes: Readonly<Record<string, string>>;
  readonly defaultChannel: string;
}

export interface Routing {
  /** The channel's name for a wished pay company, or for none. */
  channelFor(wished: string | undefined): string;
}

/** Throws Error, saying what to correct, when a route or the default leads to no configured channel. */
export function routingOf({ channels, routes, defaultChannel }: RoutingSettings): Routing {
  const known = new Set(Object.keys(channels));
  const mistakes = [...Object.entries(routes), ['defaultChannel', defaultChannel] as const].filter(
    ([, channel]) => !known.has(channel),
  );
  if (mistakes.length > 0) {
    const lines = mistakes.map(([from, channel]) => `${from} leads to ${channel}`);
    throw new Error(`adapters: ${lines.join(', ')}; configured channels are ${[...known].join(', ') || 'none'}`);
  }
  return {
    channelFor: (wished) => {
      if (wished === undefined) return defaultChannel;
      if (known.has(wished)) return wished;
      return (Object.hasOwn(routes, wished) ? routes[wished] : undefined) ?? defaultChannel;
    },
  };
}
