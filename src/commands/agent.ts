import { Flags } from '@oclif/core';
import { type AgentSummary, runAgent } from '../agent/agent.js';
import { createAgentLog } from '../agent/log.js';
import { BUILD } from '../build.js';
import { agentSignals } from '../interruption.js';
import { DEFAULT_ADDRESS, parseListen } from '../metrics/address.js';
import { createMonitor } from '../metrics/monitor.js';
import { parseDuration, parseInterval } from '../model/duration.js';
import { LOG_LEVELS } from '../model/loglevel.js';
import { expectToStay } from '../stay.js';
import { write } from '../stdio.js';
import { EnimCommand } from './base.js';

/** `enim agent`: a process that stays, for speed and for what has to be done again and again. */
export default class Agent extends EnimCommand {
  static override summary = 'Stay, carry out the plugin’s calls faster, and run gc and sync on timers';

  static override description =
    `Listens on agent.sock in the directory of locks. The CNI plugin hands its calls over to it, and does them itself where no agent runs, where it is another build of enim, or where it does not answer. Nothing depends on the agent: everything it does is recorded as if a command did it, and it can be killed at any moment.

It logs to standard error, a JSON document a line. SIGTERM ends it: what is under way is finished or undone within the grace. SIGHUP has it read the settings anew; wrong ones are refused, and the old ones stay. A second agent ends at once with 5.

Over HTTP it answers /metrics (what enim metrics prints, and what the agent has counted), /healthz (whether it lives) and /readyz (whether settings, state and provider are there). That nobody can listen at the address is logged, and stops nothing.`;

  static override examples = [
    '<%= config.bin %> agent',
    '<%= config.bin %> agent --gc-every 1m --log-level warn',
    '<%= config.bin %> agent --grace 30s',
    '<%= config.bin %> agent --listen 0.0.0.0:9810 --expose',
  ];

  static override flags = {
    'gc-every': Flags.string({
      helpValue: 'DURATION',
      description: 'how often gc runs, instead of what the settings say (agent.gcEvery); 0 is never',
    }),
    'sync-every': Flags.string({
      helpValue: 'DURATION',
      description: 'the same for sync (agent.syncEvery); where the provider is kubernetes',
    }),
    'log-level': Flags.option({
      options: LOG_LEVELS,
      description: 'the least that is logged, instead of what the settings say (agent.logLevel)',
    })(),
    listen: Flags.string({
      helpValue: 'ADDRESS',
      default: DEFAULT_ADDRESS,
      description: 'where /metrics, /healthz and /readyz are answered over HTTP; off is nowhere',
    }),
    expose: Flags.boolean({ default: false, description: 'let it be an address that other hosts can reach' }),
    grace: Flags.string({
      helpValue: 'DURATION',
      default: '10s',
      description: 'for what is under way when the agent is told to end',
    }),
  };

  async run(): Promise<AgentSummary> {
    expectToStay();
    const { flags } = await this.parse(Agent);
    const address = parseListen(flags.listen, flags.expose);
    const clock = (): Date => new Date();
    const summary = await runAgent({
      env: process.env,
      overrides: this.overrides(flags),
      gcEvery: interval(flags['gc-every'], '--gc-every'),
      syncEvery: interval(flags['sync-every'], '--sync-every'),
      grace: parseDuration(flags.grace, '--grace'),
      logLevel: flags['log-level'] ?? null,
      openLog: (level) => createAgentLog({ level, clock, write: (text) => write(2, text) }),
      monitor: address === null ? null : createMonitor({ address, build: BUILD, clock }),
      signals: agentSignals(),
    });
    // What has not ended by now, a program that is asked for a token among it, would keep the process.
    setTimeout(() => process.exit(0), LINGER_MS).unref();
    return summary;
  }
}

/** For the summary to be printed, in milliseconds. */
const LINGER_MS = 200;

/** Null is what the settings say, 0 is never. */
function interval(text: string | undefined, flag: string): number | null {
  if (text === undefined) return null;
  return parseDuration(text, flag) === 0 ? 0 : parseInterval(text, flag);
}
