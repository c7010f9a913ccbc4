/**
 * Files that make the node's own agents leave the ENIs alone: whoever gives a NIC an address, a route or another name behind our back
 * undoes what we restore (amazon-ec2-net-utils#100, amazon-vpc-cni-k8s#3162). Pure.
 *
 * They name the cards by permanent MAC, which neither a pod nor a move can change. systemd takes the first file that fits a card, in
 * the order of the names: 05 comes before what cloud-init and netplan write. udev needs no rule besides: it names by the .link file,
 * and the rules of amazon-ec2-net-utils only write files for systemd-networkd, behind ours.
 */
import { EnimError } from '../model/errors.js';

/** One file, by its path below the root directory. */
export interface DropIn {
  readonly path: string;
  readonly content: string;
}

const HEADER = '# Written by "enim install --unmanaged"; "enim uninstall" removes it.';

/** Where all of them are. */
export const DROP_IN_PATHS = [
  'etc/systemd/network/05-enim-unmanaged.network',
  'etc/systemd/network/05-enim.link',
  'etc/NetworkManager/conf.d/99-enim-unmanaged.conf',
] as const;

/** Whether the text of a file is ours. */
export function isOurDropIn(content: string): boolean {
  return content.startsWith(HEADER);
}

/**
 * @param macs of the ENIs, lower case with colons; their order does not matter
 * @throws EnimError NOT_THERE for none: systemd would take the files to mean every card
 */
export function dropIns(macs: readonly string[]): DropIn[] {
  if (macs.length === 0)
    throw new EnimError('NOT_THERE', 'No ENI is known that the node’s agents could be kept from.', {
      hint: 'enim provider init, then: enim install --unmanaged',
    });
  const sorted = [...new Set(macs)].sort();
  const match = `[Match]\n${sorted.map((mac) => `PermanentMACAddress=${mac}\n`).join('')}`;
  const devices = sorted.map((mac) => `mac:${mac}`).join(';');
  const contents = [
    `${match}\n[Link]\nUnmanaged=yes\n`,
    // The names stay what systemd makes them; but no alternative ones: one that equals the name which a card is to get makes the
    // kernel refuse to rename it.
    `${match}\n[Link]\nNamePolicy=keep kernel database onboard slot path\nAlternativeNamesPolicy=\nMACAddressPolicy=none\n`,
    // The second section holds even if a later file replaces the list of the first.
    `[keyfile]\nunmanaged-devices+=${devices}\n\n[device-enim]\nmatch-device=${devices}\nmanaged=0\n`,
  ];
  return DROP_IN_PATHS.map((path, index) => ({ path, content: `${HEADER}\n${contents[index]}` }));
}

/** How the agents get to know of it, for a human to decide when. */
export const RELOADS = ['udevadm control --reload', 'networkctl reload', 'nmcli general reload conf'] as const;
