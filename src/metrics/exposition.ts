/** Families in the forms that programs read: Prometheus' text, and a document. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { Family } from './family.js';

/** A family as `enim metrics --json` prints it. */
export type MetricDocument = Pick<Family, 'name' | 'help' | 'type' | 'samples'>;

export function documentOf({ name, help, type, samples }: Family): MetricDocument {
  return { name, help, type, samples };
}

/** A registry of just these families. */
export function registryOf(families: readonly Family[]): Registry {
  const registry = new Registry();
  for (const { name, help, type, labels, samples } of families) {
    // The library makes a zero of a metric without labels that nobody has set.
    if (samples.length === 0 && labels.length === 0) continue;
    const options = { name, help, labelNames: labels, registers: [registry] };
    if (type === 'gauge') {
      const gauge = new Gauge(options);
      for (const sample of samples) gauge.set(sample.labels, sample.value);
    } else {
      const counter = new Counter(options);
      for (const sample of samples) counter.inc(sample.labels, sample.value);
    }
  }
  return registry;
}
