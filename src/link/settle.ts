/** Seeing that a NIC in a pod is as it was set up. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NetnsRef } from '../model/attachment.js';
import { EnimError } from '../model/errors.js';
import type { Link } from '../model/link.js';
import type { Setup } from '../model/setup.js';
import { configurationFaults } from './configure.js';
import type { Kernel } from './kernel.js';

/** An IPv6 address stays tentative for a moment even without DAD, until the kernel's worker has run. */
const SETTLE_TRIES = 300;
const SETTLE_POLL_MS = 10;

/**
 * Waits until all that was set is seen, and returns the link as it then is.
 *
 * @throws EnimError NIC_UNSOUND
 */
export async function settle(kernel: Kernel, netns: NetnsRef, ifname: string, setup: Setup): Promise<Link> {
  for (let tries = 0; ; tries += 1) {
    const [link] = await kernel.links(netns, ifname);
    const faults = link === undefined ? ['it is not there'] : configurationFaults(link, setup);
    if (link !== undefined && faults.length === 0) return link;
    if (tries === SETTLE_TRIES || !link?.addresses.some(({ tentative }) => tentative)) {
      throw new EnimError(
        'NIC_UNSOUND',
        `The NIC ${ifname} in ${netns.path} is not as it was set: ${faults.join('; ')}.`,
      );
    }
    await sleep(SETTLE_POLL_MS);
  }
}
