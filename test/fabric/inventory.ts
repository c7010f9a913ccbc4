/** The ENIs of a test node and the settings that describe them. */

/** One "ENI" of the test bed, as its inventory knows it. */
export interface TestEni {
  readonly id: string;
  readonly mac: string;
  /** Its name at home. */
  readonly ifname: string;
  readonly ipv4: { readonly address: string; readonly gateway: string };
  readonly ipv6: { readonly address: string; readonly gateway: string };
}

/** What goes into config.json; deliberately loose, since tests write wrong ones too. */
export type Settings = Record<string, unknown>;

/**
 * @param seed three bytes that no other test node has
 * @param index 0 to 199
 */
export function testEni(seed: Buffer, index: number): TestEni {
  const [a, b, c] = [...seed].map(hex);
  const net = seed[2] ?? 0;
  return {
    id: `${eniID(index)}-${a}${b}${c}`,
    mac: `02:e0:${a}:${b}:${c}:${hex(index)}`,
    ifname: `eni${index}`,
    ipv4: { address: `10.${net}.0.${10 + index}/24`, gateway: `10.${net}.0.1` },
    ipv6: {
      address: `fd00:${a}${b}:${c}::${(16 + index).toString(16)}/64`.replace(/:0+(?=[1-9a-f])/g, ':'),
      gateway: gateway6(a, b, c),
    },
  };
}

/** `static` settings with these ENIs; the fields that tests want to change can be given for each. */
export function inventory(enis: readonly TestEni[], extra: (eni: TestEni) => Settings = () => ({})): Settings {
  return {
    provider: 'static',
    static: { enis: enis.map((eni) => ({ id: eni.id, mac: eni.mac, ipv4: eni.ipv4, ipv6: eni.ipv6, ...extra(eni) })) },
  };
}

function gateway6(a = '', b = '', c = ''): string {
  return `fd00:${a}${b}:${c}::1`.replace(/:0+(?=[1-9a-f])/g, ':');
}

/** eni-a, eni-b, …, then eni-26, eni-27, …; what follows tells the nodes of parallel tests apart. */
function eniID(index: number): string {
  return index < 26 ? `eni-${String.fromCharCode(97 + index)}` : `eni-${index}`;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
