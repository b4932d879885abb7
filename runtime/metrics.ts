/** Metrics of one process, in Prometheus' text. Names are `qianzhi_…`, units last; labels are few and closed, never numbers of platforms. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** A count that only grows. Asking again for the same name gives the same one. */
  counter<L extends string>(name: string, help: string, labels: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels: readonly L[]): Gauge<L>;
  /** Seconds, unless the name says otherwise. */
  histogram<L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** The text for `/metrics`. */
  print(): Promise<string>;
  readonly contentType: string;
}

/** From half a millisecond to the ten seconds that a caller waits at most. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes a registry of its own; with the process's own figures (memory, event loop) unless told otherwise. */
export function openMetrics(options: { ofProcess?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.ofProcess !== false) collectDefaultMetrics({ register: registry });
  const known = <T>(name: string, make: () => T): T => (registry.getSingleMetric(name) as T | undefined) ?? make();
  const common = <L extends string>(name: string, help: string, labelNames: readonly L[]) => ({
    name: `qianzhi_${name}`,
    help,
    labelNames,
    registers: [registry],
  });
  return {
    counter: (name, help, labels) => known(`qianzhi_${name}`, () => new Counter(common(name, help, labels))),
    gauge: (name, help, labels) => known(`qianzhi_${name}`, () => new Gauge(common(name, help, labels))),
    histogram: (name, help, labels, buckets = SECONDS) =>
      known(`qianzhi_${name}`, () => new Histogram({ ...common(name, help, labels), buckets: [...buckets] })),
    print: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
