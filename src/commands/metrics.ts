import { BUILD } from '../build.js';
import { measure } from '../manager/measure.js';
import { documentOf, type MetricDocument, registryOf } from '../metrics/exposition.js';
import { nodeMetrics } from '../metrics/node.js';
import { EnimCommand } from './base.js';

interface MetricsResult {
  readonly metrics: readonly MetricDocument[];
}

/** `enim metrics`: the node in numbers. */
export default class Metrics extends EnimCommand {
  static override summary = 'Print what can be measured of the ENIs, for Prometheus';

  static override description =
    `Looks at the node and prints ENIs by state, attachments, what gc would do, quarantines, locks, the age of the state, and the traffic and errors of each NIC wherever it is. It needs no agent, takes no lock and changes nothing. What could not be seen is absent, and said on standard error; enim_look_success tells which look failed.`;

  static override examples = [
    '<%= config.bin %> metrics',
    '<%= config.bin %> metrics | grep enim_eni',
    '<%= config.bin %> metrics --json',
  ];

  async run(): Promise<MetricsResult> {
    const { flags } = await this.parse(Metrics);
    const measurement = await measure(await this.patient(flags, 'metrics'));
    for (const [look, reason] of Object.entries(measurement.failures)) this.warn(`${look}: ${reason}`);
    const families = nodeMetrics(measurement, BUILD);
    const text = await registryOf(families).metrics();
    this.showWhole(() => text.trimEnd());
    return { metrics: families.map(documentOf) };
  }
}
