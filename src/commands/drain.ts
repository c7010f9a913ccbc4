import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import { checkDrained, type DrainEvents, type Drained, type DrainOutcome, drain } from '../manager/drain/drain.js';
import { createEvictions, type Evictions } from '../manager/drain/evict.js';
import { isHome, type Standing } from '../manager/drain/standing.js';
import type { Parts } from '../manager/parts.js';
import { type Cordon, parseReason } from '../model/cordon.js';
import { parseDuration } from '../model/duration.js';
import { EnimError } from '../model/errors.js';
import { whenAndWhy } from '../render/cordon.js';
import { redraw, renderChanges, renderHome, renderPicture, renderStanding } from '../render/drain.js';
import { EnimCommand } from './base.js';
import { declined, unattended, yesFlag } from './confirm.js';

interface DrainResult {
  /** Whether it is proved that every NIC is home and no ENI is held. */
  readonly drained: boolean;
  /** `held`: --check has found some that are not home. */
  readonly outcome: DrainOutcome | 'held';
  readonly cordon: Cordon | null;
  readonly enis: readonly Standing[];
  /** IDs of the ENIs whose NIC was taken out of a living pod. */
  readonly forced: readonly string[];
}

/** `enim drain`: waits until every NIC is home, and proves it. */
export default class Drain extends EnimCommand {
  static override summary = 'Give out no more ENIs, wait until every NIC is home, and prove it';

  static override description =
    `Cordons the node, shows what still holds which ENI, reclaims what is dead as gc does, and ends with 0 once each NIC was looked at, is at home and restored, and nobody holds its ENI. When the time is over it ends with 1 and says who holds what. The node stays cordoned, however it ends; run it again to go on, or end it: enim uncordon

It waits for pods, and ends none by itself. --evict has the cluster end them, with respect for disruption budgets. --force takes the NICs that are not home when the time is over: a pod that still lives then goes on without its network.

--check changes nothing: it ends with 0 if every NIC is home and no ENI is held, else with 1.`;

  static override examples = [
    '<%= config.bin %> drain',
    '<%= config.bin %> drain --reason "kernel upgrade" --timeout 10m --json',
    '<%= config.bin %> add default/web-0 --netns web-0 && <%= config.bin %> drain --timeout 1s --force --yes',
    '<%= config.bin %> drain --check',
  ];

  static override flags = {
    timeout: Flags.string({ helpValue: 'DURATION', default: '10m', description: 'how long to wait for returns' }),
    grace: Flags.string({
      helpValue: 'DURATION',
      default: '2s',
      description: 'how long something must be dead before it is reclaimed',
    }),
    reason: Flags.string({ helpValue: 'TEXT', description: 'why; it is told to whoever asks for an ENI' }),
    evict: Flags.boolean({ default: false, description: 'have the cluster end the pods that have an ENI' }),
    force: Flags.boolean({
      default: false,
      description: 'when the time is over, take the NICs out of pods that still live',
    }),
    yes: yesFlag,
    check: Flags.boolean({
      default: false,
      exclusive: ['force', 'evict', 'reason'],
      description: 'change nothing, only say whether the node is drained',
    }),
  };

  async run(): Promise<DrainResult> {
    const { flags } = await this.parse(Drain);
    const timeout = parseDuration(flags.timeout, '--timeout');
    const grace = parseDuration(flags.grace, '--grace');
    const afterwards = timeout === 0 ? '' : ` after ${flags.timeout}`;
    const reason = flags.reason === undefined ? null : parseReason(flags.reason);
    const { parts } = this.open(flags, flags.check ? 'drain --check' : 'drain');
    if (flags.check) return this.check(parts);
    const evictions = flags.evict ? this.evictions(parts) : null;
    if (flags.force && !flags.yes) await this.mustBeConfirmed(parts, afterwards);
    const request = { reason, timeout, grace, force: flags.force, evictions, now: () => performance.now() };
    const signal = interruption();
    const drained = await drain(parts, request, this.events(parts, timeout), signal).catch((thrown: unknown) => {
      throw thrown instanceof EnimError && parts.cordon.find() !== null ? thrown.with([STAYS]) : thrown;
    });
    return this.conclude(drained, afterwards);
  }

  private async check(parts: Parts): Promise<DrainResult> {
    const enis = await checkDrained(parts);
    const cordon = parts.cordon.find();
    const away = enis.filter((each) => !isHome(each));
    const result = { drained: away.length === 0, outcome: away.length === 0 ? 'drained' : 'held', enis } as const;
    if (!result.drained) {
      this.refuse(
        { ...result, cordon, forced: [] },
        'NOT_DRAINED',
        `${countOf(enis)}.`,
        hintOf(away, 'bring them home: enim drain'),
      );
    }
    const warning = cordon === null ? ' The node is not cordoned: ENIs are still given out.' : '';
    this.show(() => `${renderHome(enis)}${warning}`);
    return { ...result, cordon, forced: [] };
  }

  private evictions(parts: Parts): Evictions {
    const { evictor, name } = parts.provider;
    if (evictor !== undefined) return createEvictions(parts, evictor);
    throw new EnimError('INVALID_ARGUMENT', `The provider ${name} knows no cluster that could evict pods.`, {
      hint: 'end the pods by other means, and run it without --evict',
    });
  }

  private async mustBeConfirmed(parts: Parts, afterwards: string): Promise<void> {
    const what = `pods that still live${afterwards} lose their network`;
    if (!this.isAttended()) throw unattended(`With --force ${what}`);
    const held = (await checkDrained(parts)).flatMap(({ state, holder }) => (state === 'used' ? [holder?.owner] : []));
    const now = held.length === 0 ? 'none has an ENI now' : `now ${held.length} have an ENI: ${held.join(', ')}`;
    if (!(await this.confirm(`With --force ${what} (${now}). Go on?`))) throw declined('wait for the pods: enim drain');
  }

  private events(parts: Parts, timeout: number): DrainEvents {
    let before: readonly Standing[] | undefined;
    let picture: string | undefined;
    return {
      cordoned: (cordon) => this.show(() => `Cordoned${whenAndWhy(cordon, parts.clock())}: no ENI is given out.`),
      progress: ({ standings, passed }) => {
        if (this.jsonEnabled()) return;
        const { columns, rows, isTTY } = process.stdout;
        if (isTTY) {
          // A terminal may not know how large it is.
          const now = renderPicture({ standings, passed, timeout, width: columns || 80, height: rows || 24 });
          process.stdout.write(redraw(picture, now));
          picture = now;
        } else {
          for (const line of renderChanges(before, standings, passed)) this.log(line);
        }
        before = standings;
      },
      warn: (message) => {
        // What stands above is no picture of ours any more.
        picture = undefined;
        this.warn(`${message} It is tried again.`);
      },
    };
  }

  private conclude({ outcome, cordon, standings, forced }: Drained, afterwards: string): DrainResult {
    const result = { drained: outcome === 'drained', outcome, cordon, enis: standings, forced };
    switch (outcome) {
      case 'drained':
        this.show(() => `Drained. ${renderHome(standings)} Give them out again: enim uncordon`);
        return result;
      case 'timeout':
        return this.refuse(
          result,
          'NOT_DRAINED',
          `${countOf(standings)}${afterwards}. ${STAYS}`,
          hintOf(
            standings,
            'end what holds them, then go on: enim drain; or take them: enim drain --timeout 0 --force',
          ),
        );
      case 'interrupted':
        return this.refuse(
          result,
          'INTERRUPTED',
          `The drain was interrupted; ${countOf(standings)}. ${STAYS}`,
          'go on: enim drain; or give ENIs out again: enim uncordon',
        );
    }
  }

  /** An exit code takes the place of the document, so that is printed before. */
  private refuse(result: DrainResult, code: 'NOT_DRAINED' | 'INTERRUPTED', message: string, hint: string): never {
    if (this.jsonEnabled()) {
      this.logJson(result);
      this.exit(1);
    }
    const away = result.enis.filter((each) => !isHome(each));
    throw new EnimError(code, message, { details: away.map(renderStanding), hint });
  }
}

const STAYS = 'The node stays cordoned.';

function countOf(enis: readonly Standing[]): string {
  const away = enis.filter((each) => !isHome(each)).length;
  return `${away} of ${enis.length} ENIs ${away === 1 ? 'is' : 'are'} not home`;
}

/** @param usual where waiting helps, or taking the NIC from a pod; with nothing else a drain would never be done */
function hintOf(standings: readonly Standing[], usual: string): string {
  const away = standings.filter((each) => !isHome(each));
  const comesHome = ({ state, holder }: Standing): boolean =>
    ['used', 'releasing', 'orphan'].includes(state) || (state === 'missing' && holder !== null);
  if (away.some(comesHome)) return usual;
  const byHand = away.find(({ state }) => state === 'by-hand');
  if (byHand === undefined) return 'see what mends that: enim doctor';
  return `ask who holds it by hand, then: enim provider release ${byHand.holder?.owner}`;
}
