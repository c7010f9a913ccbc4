// Shows the main job with the real executable, on sandbox NICs: three veth "ENIs" in a netns that plays the node, their other ends
// on a bridge in a netns that plays the cloud's network. Nothing of the machine's own network is touched, and everything is
// removed again.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ENIM = fileURLToPath(new URL('../dist/enim', import.meta.url));
const HOME = '/tmp/enim-demo';
const NODE = 'enim-demo-node';
const CLOUD = 'enim-demo-cloud';
const PODS = ['enim-demo-web-0', 'enim-demo-web-1'];
const GATEWAY = '10.0.0.1';
const ENVIRONMENT = {
  ENIM_CONFIG: `${HOME}/config.json`,
  ENIM_STATE_DIR: `${HOME}/state`,
  ENIM_RUN_DIR: `${HOME}/run`,
};

const SETTINGS = {
  provider: 'static',
  static: {
    enis: [1, 2, 3].map((number) => ({
      id: `eni-${'abc'[number - 1]}`,
      mac: `02:e0:00:00:00:0${number}`,
      ipv4: { address: `10.0.0.1${number}/24`, gateway: GATEWAY },
      ipv6: { address: `fd00::1${number}/64`, gateway: 'fd00::1' },
      ...(number === 2 ? { mtu: 1300 } : {}),
    })),
  },
};

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text) => (colour ? `\u001b[2m${text}\u001b[0m` : text);

function say(...lines) {
  console.log(`\n${lines.map((line) => dim(`# ${line}`)).join('\n')}`);
}

/** Prints a command, runs it, shows its output; ends the show if it fails. */
function run(program, args, { shown = [program, ...args].join(' '), quiet = false, input } = {}) {
  if (!quiet) console.log(bold(`$ ${shown}`));
  const stdin = input === undefined ? 'ignore' : 'pipe';
  const { status, error } = spawnSync(program, args, {
    input,
    stdio: quiet ? 'ignore' : [stdin, 'inherit', 'inherit'],
  });
  if (error) throw new Error(`${program} could not be started: ${error.message}`);
  if (status !== 0 && !quiet) throw new Error(`"${shown}" ended with exit code ${status}.`);
}

function ip(...args) {
  run('ip', args);
}

/** Runs the executable in the netns that plays the node, where its NICs are at home. */
function enim(...args) {
  const settings = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  run('nsenter', [`--net=/run/netns/${NODE}`, '--', 'env', ...settings, ENIM, ...args], {
    shown: ['enim', ...args].join(' '),
  });
}

/** Calls the executable as a container runtime calls its CNI plugin. */
function cni(command, pod) {
  const call = { CNI_COMMAND: command, CNI_CONTAINERID: 'c0ffee', CNI_NETNS: `/run/netns/${pod}`, CNI_IFNAME: 'eth0' };
  const variables = Object.entries({ ...ENVIRONMENT, ...call }).map(([name, value]) => `${name}=${value}`);
  run('nsenter', [`--net=/run/netns/${NODE}`, '--', 'env', ...variables, ENIM], {
    shown: `CNI_COMMAND=${command} CNI_CONTAINERID=c0ffee CNI_NETNS=/run/netns/${pod} CNI_IFNAME=eth0 enim < eninet.conf`,
    input: JSON.stringify({ cniVersion: '1.1.0', name: 'eninet', type: 'enim' }),
  });
}

function cleanUp() {
  for (const netns of [...PODS, NODE, CLOUD]) {
    if (existsSync(`/run/netns/${netns}`)) run('ip', ['netns', 'del', netns], { quiet: true });
  }
  rmSync(HOME, { recursive: true, force: true });
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function refuseSecondShow() {
  const pidFile = `${HOME}/pid`;
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (pid > 0 && isRunning(pid)) throw new Error(`Another playground is running (pid ${pid}).`);
}

function build() {
  say('A node with three spare NICs. Their other ends hang on a bridge in another netns, which has the gateway.');
  for (const netns of [CLOUD, NODE, ...PODS]) ip('netns', 'add', netns);
  ip('-n', CLOUD, 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', CLOUD, 'address', 'add', `${GATEWAY}/24`, 'dev', 'br0');
  ip('-n', CLOUD, 'address', 'add', 'fd00::1/64', 'dev', 'br0', 'nodad');
  ip('-n', CLOUD, 'link', 'set', 'br0', 'up');
  for (const number of [1, 2, 3]) {
    const nic = ['name', `eni${number}`, 'address', `02:e0:00:00:00:0${number}`, 'netns', NODE];
    ip('-n', CLOUD, 'link', 'add', `port${number}`, 'type', 'veth', 'peer', ...nic);
    ip('-n', CLOUD, 'link', 'set', `port${number}`, 'master', 'br0', 'up');
  }
  writeFileSync(ENVIRONMENT.ENIM_CONFIG, `${JSON.stringify(SETTINGS)}\n`);
  run('cat', [ENVIRONMENT.ENIM_CONFIG]);
}

function show() {
  say('Every "enim" below is dist/enim, run in the netns that plays the node.');
  enim('list');

  say('Two pods get an ENI each: the NIC moves into the netns of the pod and is set up there.');
  enim('add', 'default/web-0', '--netns', PODS[0]);
  enim('add', 'default/web-1', '--netns', PODS[1]);

  say('From inside each pod the gateway answers, by IPv4 and IPv6.');
  for (const pod of PODS) {
    ip('netns', 'exec', pod, 'ping', '-c', '1', '-W', '2', GATEWAY);
    ip('netns', 'exec', pod, 'ping', '-6', '-c', '1', '-W', '2', 'fd00::1');
  }
  enim('list');

  say(
    'Pod web-1 dies and nobody calls del. A card then comes home by itself, under its name in the pod or as devN.',
    'A veth would die with its netns, so what the kernel does for a card is done by hand here.',
  );
  ip('-n', PODS[1], 'link', 'set', 'eth0', 'netns', NODE, 'name', 'dev7');
  ip('netns', 'del', PODS[1]);
  enim('list');

  say('gc says what it would do and why, and then does it.');
  enim('gc', '--dry-run');
  enim('gc');
  enim('list');

  say('Pod web-0 ends as it should.');
  enim('del', 'default/web-0');
  enim('list');

  say('A container runtime calls the same executable as its CNI plugin.');
  cni('ADD', PODS[0]);
  enim('list');
  cni('DEL', PODS[0]);

  say('Who had which ENI, and why no longer?');
  enim('history');
}

try {
  refuseSecondShow();
  cleanUp();
  mkdirSync(HOME, { recursive: true });
  writeFileSync(`${HOME}/pid`, String(process.pid));
  try {
    build();
    show();
  } finally {
    cleanUp();
  }
  console.log('\nAll of it is removed again. Next: docs/tutorial.md, or: dist/enim --help');
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
