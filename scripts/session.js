/**
 * Records docs/session.svg: a session with the real executable on sandbox NICs, as a terminal shows it, colours and all. `--print` prints
 * the picture instead of writing it. `ENIM_EXECUTABLE` names another build than dist/enim.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ROOT } from './process.js';
import { play } from './shell.js';
import { ESCAPE, svg } from './svg.js';

const COLUMNS = 104;

const SET_UP = `
export PATH="$PWD/dist:$PATH" ENIM_CONFIG=$HOME/config.json ENIM_STATE_DIR=$HOME/state ENIM_RUN_DIR=$HOME/run
for netns in cloud node web-0 web-1; do ip netns add $netns; done
ip -n cloud link add br0 up type bridge
for n in 1 2 3; do
  ip -n cloud link add port$n up type veth peer name eni$n address 02:00:5e:10:00:0$n netns node
  ip -n cloud link set port$n master br0
done
cat > $ENIM_CONFIG <<'END'
{ "static": { "enis": [
  { "id": "eni-a", "mac": "02:00:5e:10:00:01", "ipv4": { "address": "10.0.0.11/24", "gateway": "10.0.0.1" } },
  { "id": "eni-b", "mac": "02:00:5e:10:00:02", "ipv4": { "address": "10.0.0.12/24", "gateway": "10.0.0.1" } },
  { "id": "eni-c", "mac": "02:00:5e:10:00:03", "ipv4": { "address": "10.0.0.13/24", "gateway": "10.0.0.1" } } ] } }
END
nsenter --net=/run/netns/node bash`;

/** What the kernel does to a card whose netns dies, and not to a veth. */
const DEATH = 'ip -n web-1 link set eth0 mtu 1400 netns node name dev7 && ip netns del web-1';

/** What is typed, and what is said in between; what is hidden only has to happen. */
const STEPS = [
  { typed: SET_UP, hidden: true },
  { typed: 'enim add default/web-0 --netns web-0 --container-id 3f9c1d2a', columns: COLUMNS },
  { typed: `enim add default/web-1 --netns web-1 --container-id 77ab01ff >$HOME/log && ${DEATH}`, hidden: true },
  { typed: '# Then web-1 got one, was killed, and nobody told enim.', columns: COLUMNS },
  { typed: 'enim list', columns: COLUMNS },
  { typed: 'enim gc', columns: COLUMNS },
  { typed: 'enim del default/web-0', columns: COLUMNS },
  { typed: 'enim list', columns: COLUMNS },
];

const played = await play(STEPS, process.env.ENIM_EXECUTABLE || join(ROOT, 'dist/enim'));
const failed = played.find(({ code }) => code !== 0);
if (failed !== undefined) fail(`"${failed.typed}" ended with exit code ${failed.code}:\n${failed.output}`);
const text = played
  .filter(({ hidden }) => hidden !== true)
  .map(({ typed, output }) => `${prompt(typed)}\n${left(output)}`);
const picture = svg(
  text.join('\n').trimEnd().split('\n'),
  COLUMNS,
  'enim gives a pod a NIC, finds one that a dead pod has left behind, and brings both home',
);

if (process.argv.includes('--print')) process.stdout.write(picture);
else writeFileSync(join(ROOT, 'docs/session.svg'), picture);

/** What stays of lines that were written over again and again. */
function left(output) {
  return output.replaceAll(new RegExp(`^.*\\r(?:${ESCAPE}\\[K)?`, 'gm'), '');
}

function prompt(typed) {
  return typed.startsWith('#') ? `${ESCAPE}[2m${typed}${ESCAPE}[22m` : `${ESCAPE}[1m$ ${typed}${ESCAPE}[22m`;
}
