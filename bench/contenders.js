/** Who can give a NIC to a pod and take it back: the kernel alone, `ip`, enim, and the stock CNI plugins. All as jobs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Time for a program to start, before it is given its input. */
const WARM_MS = 10;

/** How to get the stock plugins. */
export const NO_PLUGINS =
  'host-device and static are not here to compare with; try: apt-get install containernetworking-plugins';

/** The commands that move a NIC into a pod, set it up there, and move it home. */
export function commandsFor(home, eni, pod) {
  return {
    into: [`link set dev ${eni.name} netns ${pod} name eth0`],
    setUp: [
      ...eni.addresses.map(({ family, address }) => `address add ${address} dev eth0${family === 6 ? ' nodad' : ''}`),
      'link set dev eth0 up',
      ...eni.addresses.map(({ gateway }) => `route add default via ${gateway} dev eth0`),
    ],
    back: [`link set dev eth0 netns ${home.path} name ${eni.name}`],
  };
}

/** Only the kernel's move: `ip` has started already when the clock does. `setUp` is what the others do too, not to be counted. */
export function kernel(home, eni, pod) {
  const { into, setUp, back } = commandsFor(home, eni, pod);
  return {
    add: { argv: ['ip', '-batch', '-'], input: text(into), warm: WARM_MS },
    setUp: { argv: ['nsenter', `--net=${pod}`, 'ip', '-batch', '-'], input: text(setUp) },
    del: { argv: ['nsenter', `--net=${pod}`, 'ip', '-batch', '-'], input: text(back), warm: WARM_MS },
  };
}

/** The least that a script has to do. */
export function bareIp(home, eni, pod) {
  const commands = commandsFor(home, eni, pod);
  const files = Object.entries(commands).map(([name, lines]) => [name, home.write(`${eni.name}.${name}`, lines)]);
  const { into, setUp, back } = Object.fromEntries(files);
  return {
    add: { argv: ['sh', '-c', `ip -batch ${into} && exec nsenter --net=${pod} ip -batch ${setUp}`] },
    del: { argv: ['nsenter', `--net=${pod}`, 'ip', '-batch', back] },
  };
}

/** The executable. */
export function enim(executable, home, owner, pod) {
  return {
    add: { argv: [executable, 'add', owner, '--netns', pod], env: home.env },
    del: { argv: [executable, 'del', owner], env: home.env },
  };
}

/** The executable as a CNI plugin, as a container runtime would call it. */
export function plugin(executable, home, name, pod) {
  const call = (command) => ({
    argv: [executable],
    env: {
      ...home.env,
      ...callEnvironment(command, name, pod),
      CNI_ARGS: `K8S_POD_NAMESPACE=bench;K8S_POD_NAME=${name}`,
    },
    input: JSON.stringify({ cniVersion: '1.0.0', name: 'bench', type: 'enim' }),
  });
  return { add: call('ADD'), del: call('DEL') };
}

/** host-device with static IPAM, as a container runtime would call it; undefined if they are not here. */
export function stockPlugins(eni, pod) {
  const directories = (process.env.CNI_PATH ?? '/usr/lib/cni').split(':');
  const directory = directories.find(
    (each) => existsSync(join(each, 'host-device')) && existsSync(join(each, 'static')),
  );
  if (directory === undefined) return undefined;
  const call = (command) => ({
    argv: [join(directory, 'host-device')],
    env: { ...callEnvironment(command, eni.name, pod), CNI_PATH: directory },
    input: JSON.stringify({
      ...{ cniVersion: '1.0.0', name: 'bench', type: 'host-device', device: eni.name },
      ipam: {
        type: 'static',
        addresses: eni.addresses.map(({ address, gateway }) => ({ address, gateway })),
        routes: eni.addresses.map(({ family, gateway: gw }) => ({ dst: family === 4 ? '0.0.0.0/0' : '::/0', gw })),
      },
    }),
  });
  return { add: call('ADD'), del: call('DEL') };
}

function callEnvironment(command, name, pod) {
  return { CNI_COMMAND: command, CNI_CONTAINERID: `bench-${name}`, CNI_NETNS: pod, CNI_IFNAME: 'eth0' };
}

function text(lines) {
  return lines.map((line) => `${line}\n`).join('');
}
