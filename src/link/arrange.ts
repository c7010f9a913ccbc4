/** The node's own network around its ENIs: what is seen of rules, routes and sysctls at home, and the steps that change them. */
import type { LinkRoute } from '../model/link.js';
import type { Rule } from '../model/rule.js';
import { writeSysctl } from './inside.js';
import type { IpCommand, Kernel } from './kernel.js';

/** One thing that is done: a command of `ip`, or a sysctl that is written. */
export type Step = { readonly ip: IpCommand } | { readonly sysctl: string; readonly value: string };

/** What is seen. */
export interface Routing {
  readonly rules: readonly Rule[];
  /** Through the devices that were asked for. */
  readonly routes: readonly LinkRoute[];
  /** Values by path, of those that there are. */
  readonly sysctls: ReadonlyMap<string, string>;
}

/** Looks at home: at all rules, and at the routes and sysctls that are named. */
export async function lookAtRouting(
  kernel: Kernel,
  devices: readonly string[],
  sysctls: readonly string[],
): Promise<Routing> {
  // Of all devices: one that was asked for may have left meanwhile, which is no failure.
  const routes = await kernel.routes('home', { to: 'anywhere' });
  const wanted = new Set(devices);
  return {
    routes: routes.filter(({ dev }) => wanted.has(dev)),
    rules: await kernel.rules('home'),
    sysctls: await kernel.sysctls(sysctls),
  };
}

/**
 * Carries the steps out in order, until the first that fails.
 *
 * @throws EnimError LINK_FAILED
 */
export async function arrange(kernel: Kernel, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if ('ip' in step) await kernel.change('home', [step.ip]);
    else writeSysctl(step.sysctl, step.value);
  }
}
