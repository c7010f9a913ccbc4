/**
 * A home: a netns that plays a node, with veth "ENIs" whose other ends are in a netns that plays the cloud, pods, and the settings
 * and state of an enim of its own.
 */
import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SPAWNER = fileURLToPath(new URL('spawner.js', import.meta.url));

/** Gateway of all ENIs, by address family. */
export const GATEWAYS = { 4: '10.99.0.1', 6: 'fd99::1' };

/**
 * Makes a home.
 *
 * @param directory for its files
 * @param mark what names of netns begin with
 * @param number tells the homes apart
 * @param enis how many ENIs it has
 * @param families address families of the ENIs: 4, 6
 * @param managed how many of them, the first, the settings know; all unless told
 */
export async function createHome({ directory, mark, number, enis: count, families = [4], managed = count }) {
  const [netns, cloud] = [`${mark}home${number}`, `${mark}cloud${number}`];
  const enis = Array.from({ length: count }, (_, index) => eniOf(number, index, families));
  const files = join(directory, String(number));
  const config = join(files, 'config.json');
  const pods = [];
  const ends = [];
  mkdirSync(files);
  writeFileSync(config, JSON.stringify(settingsFor(enis.slice(0, managed))));
  addNetns([netns, cloud]);
  connect(netns, cloud, enis);
  const spawner = startSpawner(netns);

  return {
    enis,
    path: `/run/netns/${netns}`,
    /** What leads enim to this home. */
    env: { HOME: files, ENIM_CONFIG: config, ENIM_STATE_DIR: join(files, 'state'), ENIM_RUN_DIR: join(files, 'run') },

    /** Makes pods and returns the paths of their netns. */
    pods(wanted) {
      const names = Array.from({ length: wanted }, (_, index) => `${mark}pod${number}-${pods.length + index}`);
      addNetns(names);
      pods.push(...names);
      return names.map((name) => `/run/netns/${name}`);
    },

    /** Takes the name of a pod's netns away. */
    removePod(path) {
      const name = path.split('/').at(-1);
      ip(['netns', 'del', name]);
      pods.splice(pods.indexOf(name), 1);
    },

    /** Writes a file and returns its path. */
    write(name, lines) {
      const path = join(files, name);
      writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
      return path;
    },

    /**
     * Runs jobs (see spawner.js) at home, all at once.
     *
     * @returns `ms`, from the start of the first to the end of the last, and what each wrote to stderr
     */
    async run(...jobs) {
      const { ms, outcomes } = await spawner.ask(jobs);
      for (const [index, { code, stdout, stderr }] of outcomes.entries()) {
        if (code !== 0) throw new Error(`"${jobs[index].argv.join(' ')}" ended with ${code}: ${stderr}${stdout}`);
      }
      return { ms, stderrs: outcomes.map(({ stderr }) => stderr) };
    },

    /** What is to be done before the home goes. */
    atEnd(end) {
      ends.push(end);
    },

    async destroy() {
      for (const end of ends) end();
      spawner.stop();
      ip(
        ['-force', '-batch', '-'],
        [netns, cloud, ...pods].map((name) => `netns del ${name}`),
      );
    },
  };
}

/** Identities are unique on the machine while this process lives, for enim looks for a lost MAC in every netns. */
function eniOf(home, index, families) {
  const byte = (value) => (value & 0xff).toString(16).padStart(2, '0');
  const mac = ['02', byte(0xe0 + home), byte(process.pid >> 8), byte(process.pid), byte(index >> 8), byte(index)].join(
    ':',
  );
  return {
    id: `eni-${index}`,
    name: `eni${index}`,
    mac,
    addresses: families.map((family) => ({
      family,
      address: family === 4 ? `10.99.${1 + (index >> 8)}.${index & 0xff}/16` : `fd99::1:${index.toString(16)}/64`,
      gateway: GATEWAYS[family],
    })),
  };
}

function settingsFor(enis) {
  const addresses = (eni) =>
    eni.addresses.map(({ family, address, gateway }) => [`ipv${family}`, { address, gateway }]);
  return {
    provider: 'static',
    static: { enis: enis.map((eni) => ({ id: eni.id, mac: eni.mac, ...Object.fromEntries(addresses(eni)) })) },
  };
}

function addNetns(names) {
  ip(
    ['-batch', '-'],
    names.flatMap((name) => [`netns add ${name}`]),
  );
  for (const name of names) ip(['-n', name, 'link', 'set', 'dev', 'lo', 'up']);
}

function connect(netns, cloud, enis) {
  ip(
    ['-n', cloud, '-batch', '-'],
    enis.flatMap(({ name, mac }) => [
      `link add name port-${name} type veth peer name ${name} netns ${netns} address ${mac}`,
      // The cloud itself is not to be measured: no IPv6 traffic of its own.
      `link set dev port-${name} addrgenmode none up`,
    ]),
  );
}

function ip(args, lines = []) {
  const input = lines.map((line) => `${line}\n`).join('');
  const { status, stderr, error } = spawnSync('ip', args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`"ip ${args.join(' ')}" failed: ${error?.message ?? stderr}`);
}

function startSpawner(netns) {
  const child = fork(SPAWNER, { execPath: 'nsenter', execArgv: [`--net=/run/netns/${netns}`, process.execPath] });
  const waiting = new Map();
  let last = 0;
  let stopping = false;
  child.on('message', ({ id, ...answer }) => {
    waiting.get(id)(answer);
    waiting.delete(id);
  });
  child.once('exit', (code) => {
    if (!stopping) throw new Error(`The process that starts programs in ${netns} ended with ${code}.`);
  });
  return {
    ask(jobs) {
      last += 1;
      const answer = new Promise((resolve) => waiting.set(last, resolve));
      child.send({ id: last, jobs });
      return answer;
    },
    stop() {
      stopping = true;
      child.disconnect();
    },
  };
}
