/**
 * Files that make the node's own agents leave the ENIs alone: whoever gives a NIC an address, a route or another name behind our back
 * undoes what we restore (amazon-ec2-net-utils#100, amazon-vpc-cni-k8s#3162). Pure.
 */

/** One file, by its path below the root directory. */
export interface DropIn {
  readonly path: string;
  readonly content: string;
}

const HEADER = '# Written by "enim install --unmanaged"; "enim uninstall" removes it.';

/** Where all of them are. */
export const DROP_IN_PATHS = [
  'etc/systemd/network/10-enim-unmanaged.network',
  'etc/systemd/network/10-enim-unmanaged.link',
  'etc/NetworkManager/conf.d/10-enim-unmanaged.conf',
  'etc/udev/rules.d/99-enim-unmanaged.rules',
] as const;

/** Whether the text of a file is ours. */
export function isOurDropIn(content: string): boolean {
  return content.startsWith(HEADER);
}

/** @param macs of the ENIs, lower case with colons; their order does not matter */
export function dropIns(macs: readonly string[]): DropIn[] {
  const sorted = [...macs].sort();
  const list = sorted.join(' ');
  const contents = [
    `[Match]\nPermanentMACAddress=${list}\n\n[Link]\nUnmanaged=yes\n`,
    // The names stay what systemd makes them; but no alternative ones, for they refuse the renaming of a NIC that comes home.
    `[Match]\nPermanentMACAddress=${list}\n\n[Link]\nNamePolicy=keep kernel database onboard slot path\nAlternativeNamesPolicy=\nMACAddressPolicy=none\n`,
    `[keyfile]\nunmanaged-devices+=${sorted.map((mac) => `mac:${mac}`).join(';')}\n`,
    // SYSTEMD_WANTS starts the cloud agents' units that configure a NIC as it appears.
    sorted
      .map(
        (mac) =>
          `SUBSYSTEM=="net", ATTR{address}=="${mac}", ENV{NM_UNMANAGED}="1", ENV{ID_NET_MANAGED_BY}="enim", ENV{SYSTEMD_WANTS}=""\n`,
      )
      .join(''),
  ];
  return DROP_IN_PATHS.map((path, index) => ({ path, content: `${HEADER}\n${contents[index]}` }));
}

/** How the agents get to know of it, for a human to decide when. */
export const RELOADS = ['udevadm control --reload', 'networkctl reload', 'nmcli general reload conf'] as const;
