/**
 * The alias that a NIC carries while it is away. It travels with the device through every move and through the death of a netns,
 * so the kernel itself can say whose a NIC is when our own record is lost. Pure.
 */
import { type Attachment, type Endpoint, keyOf, sameEndpoint } from './attachment.js';
import { checksum } from './checksum.js';

const PREFIX = 'enim:';
/** IFALIASZ - 1 in the kernel's uapi/linux/if.h. */
const MAX_ALIAS_BYTES = 255;

/** What a label says. */
export interface Label {
  /** ID of the ENI. */
  readonly eni: string;
  /** The name that the NIC had at home. */
  readonly home: string;
  /** Whose it is; null where that did not fit. */
  readonly endpoint: Endpoint | null;
}

/**
 * `enim:eni=eni-a;home=eni1;network=enim;container=3f9c;ifname=eth0;owner=default/web-0`. Where the names do not fit into
 * an alias a checksum of them stands in their place, by which it can still be told that the NIC is another's.
 */
export function formatLabel(eni: string, home: string, endpoint: Endpoint): string {
  const { network, containerID, ifname, owner } = endpoint;
  const label = `${PREFIX}eni=${eni};home=${encode(home)}`;
  const whole = `${label};network=${network};container=${containerID};ifname=${encode(ifname)};owner=${owner}`;
  const short = `${label};whose=${checksumOf(endpoint)}`;
  return [whole, short].find((each) => Buffer.byteLength(each) <= MAX_ALIAS_BYTES) ?? label;
}

/** The label that the NIC of an attachment carries. */
export function labelOf(attachment: Attachment): string {
  return formatLabel(attachment.eni.id, attachment.snapshot.name, attachment);
}

/** Whether the label says that the NIC is another's; one that does not say whose it is says nothing. */
export function isLabelOfAnother(alias: string | null, endpoint: Endpoint): boolean {
  const label = parseLabel(alias);
  if (label === undefined) return false;
  if (label.endpoint !== null) return !sameEndpoint(label.endpoint, endpoint);
  const whose = fieldsOf(alias ?? '').get('whose');
  return whose !== undefined && whose !== checksumOf(endpoint);
}

function checksumOf(endpoint: Endpoint): string {
  return checksum(`${keyOf(endpoint)} ${endpoint.owner}`);
}

/** Reads a label back; undefined if the alias is somebody else's. */
export function parseLabel(alias: string | null): Label | undefined {
  if (alias === null || !alias.startsWith(PREFIX)) return undefined;
  const fields = fieldsOf(alias);
  const [eni, home, network, containerID, ifname, owner] = [
    'eni',
    'home',
    'network',
    'container',
    'ifname',
    'owner',
  ].map((key) => fields.get(key));
  if (!eni || !home) return undefined;
  const endpoint =
    network && containerID && ifname && owner ? { network, containerID, ifname, owner, uid: null } : null;
  return { eni, home, endpoint };
}

function fieldsOf(alias: string): ReadonlyMap<string, string> {
  const fields = alias.slice(PREFIX.length).split(';');
  return new Map(
    fields.map((field) => [field.slice(0, field.indexOf('=')), decode(field.slice(field.indexOf('=') + 1))]),
  );
}

/** Interface names may hold what separates fields, or what a batch of iproute2 cannot; the other names may not. */
function encode(name: string): string {
  return name.replaceAll(/[%;#"'\\]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

function decode(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
