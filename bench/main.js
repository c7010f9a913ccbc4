/** Measures group after group and prints the table. Runs inside the sandbox, which removes what it makes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../scripts/process.js';
import { addGroup } from './groups/add.js';
import { agentGroup, crowdGroup } from './groups/agent.js';
import { burstGroup } from './groups/burst.js';
import { commandsGroup } from './groups/commands.js';
import { gcGroup } from './groups/gc.js';
import { kubernetesGroup } from './groups/kubernetes.js';
import { listGroup } from './groups/list.js';
import { resourcesGroup } from './groups/resources.js';
import { clusterGroup, restGroup } from './groups/rest.js';
import { startGroup } from './groups/start.js';
import { createHome } from './home.js';
import { parseOptions } from './options.js';
import { renderJson, renderTable } from './report.js';
import { measureRounds } from './rounds.js';

const GROUPS = {
  add: addGroup([4]),
  dual: addGroup([4, 6]),
  start: startGroup,
  list: listGroup,
  commands: commandsGroup,
  gc: gcGroup,
  resources: resourcesGroup,
  burst: burstGroup,
  kubernetes: kubernetesGroup,
  agent: agentGroup,
  crowd: crowdGroup,
  rest: restGroup,
  cluster: clusterGroup,
};

const { rounds, only, json } = parseOptions(process.argv.slice(2));
const directory = process.env.ENIM_BENCH_DIR;
const enim = join(directory, 'enim');
// A build that happens meanwhile must not change what is measured. By one write, as `enim install` does it: from the small pieces of a copy
// each start takes 2 ms more (docs/decisions/001-bun-compile.md).
writeFileSync(enim, readFileSync(join(ROOT, 'dist/enim')), { mode: 0o755 });

let made = 0;
const homes = [];
const bench = {
  enim,
  directory,
  async home(options) {
    const home = await createHome({ directory, mark: process.env.ENIM_BENCH_MARK, number: made, ...options });
    made += 1;
    homes.push(home);
    return home;
  },
};

const measured = [];
for (const [name, group] of Object.entries(GROUPS)) {
  if (!only.includes(name)) continue;
  process.stderr.write(`measuring ${name}\n`);
  const { contenders, rows, conclude = () => [], notes = [], stop } = await group.prepare(bench);
  const statistics = await measureRounds(contenders, rounds).finally(() => stop?.());
  measured.push({ name, title: group.title, rows, statistics, notes: [...conclude(statistics), ...notes] });
  for (const home of homes.splice(0)) await home.destroy();
}
process.stdout.write(json ? renderJson(measured) : renderTable(measured));
