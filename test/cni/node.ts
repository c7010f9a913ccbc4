/** Calls of the plugin's verbs on a machine in memory, with IPAM plugins that answer as a test says. */
import type { CniCommand } from '../../src/cni/call.js';
import { parseCall } from '../../src/cni/call.js';
import { parseNetwork } from '../../src/cni/network.js';
import type { OpenTask } from '../../src/cni/task.js';
import type { Context } from '../../src/compose/context.js';
import type { Delegation } from '../../src/ipam/delegate.js';
import type { LogLevel } from '../../src/model/loglevel.js';
import type { Machine } from '../manager/machine.js';
import { nodeWith } from '../manager/node.js';
import { sampleEnv, sampleNetwork } from './samples.js';

export class CniNode {
  readonly machine: Machine;
  /** Calls of the IPAM plugin, in order. */
  readonly delegations: Delegation[] = [];
  readonly lines: { level: LogLevel; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  /** What the IPAM plugin answers, or throws. */
  onDelegation: (delegation: Delegation) => unknown = () => ({ ips: [{ address: '10.5.0.7/16' }] });

  /** @param count of ENIs; one pod, `web-0`, waits for one */
  constructor(count = 2) {
    this.machine = nodeWith(count);
    this.machine.addPod('web-0');
  }

  /** Makes the first card a virtio one, which the kernel does not call by the PCI address that it has. */
  makeVirtio(pciAddress: string): void {
    const card = this.machine.kernel.in(1).find(({ name }) => name === 'ens1');
    Object.assign(card ?? {}, { bus: 'virtio3' });
    this.machine.bus.add('virtio3');
    this.machine.hardware.set('virtio3', { pciAddress });
  }

  /** A call as `perform` hands it to a verb. */
  task(command: CniCommand, network: Readonly<Record<string, unknown>> = {}, env: NodeJS.ProcessEnv = {}): OpenTask {
    const environment = sampleEnv(command, { CNI_NETNS: '/run/netns/web-0', ...env });
    const parsed = parseNetwork(JSON.stringify(sampleNetwork(network)), command);
    const context: Context = {
      locations: { config: '/etc/enim/config.json', stateDir: '/state', runDir: '/run' },
      get settings(): never {
        throw new Error('No verb reads the settings.');
      },
      parts: this.machine.parts(),
      delegate: async (delegation) => {
        this.delegations.push(delegation);
        return this.onDelegation(delegation);
      },
      get node(): never {
        throw new Error('No verb puts anything together.');
      },
    };
    return {
      ...{ call: parseCall(environment), network: parsed, env: environment, program: 'enim', context },
      log: (level, message, fields = {}) => void this.lines.push({ level, message, fields }),
      interruption: () => new AbortController().signal,
      ipam: parsed.ipam?.type === 'enim' ? null : (parsed.ipam?.type ?? null),
    };
  }
}
