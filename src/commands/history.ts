import { Args, Flags } from '@oclif/core';
import { history, type Past } from '../manager/history.js';
import { parseDuration } from '../model/duration.js';
import { parseOwner } from '../model/names.js';
import { renderHistory } from '../render/history.js';
import { EnimCommand } from './base.js';

/** `enim history`: who had which ENI. */
export default class History extends EnimCommand {
  static override summary = 'Show who had which ENI, from when to when, and why no longer';

  static override description =
    `The newest is last; what lasts has no end. Times are in UTC. Of an add that failed before it had moved a NIC there is nothing, nor of ENIs that are held by hand.

It goes back as far as two files of 1 MiB do: some 5,000 attachments. It is a record for people; what is so now says "enim list".`;

  static override args = {
    subject: Args.string({
      name: 'ENI|OWNER',
      ignoreStdin: true,
      description: 'only this ENI, or this owner (NAMESPACE/NAME)',
    }),
  };

  static override examples = [
    '<%= config.bin %> history',
    '<%= config.bin %> history eni-a --since 24h',
    '<%= config.bin %> history default/web-0 --output wide',
    '<%= config.bin %> history --json',
  ];

  static override flags = {
    since: Flags.string({ helpValue: 'DURATION', description: 'only what lasted until this long ago, or longer' }),
    output: Flags.string({
      char: 'o',
      options: ['table', 'wide', 'json'],
      default: 'table',
      description: 'form of the output',
    }),
  };

  async run(): Promise<Past> {
    const { args, flags } = await this.parse(History);
    const subject =
      args.subject === undefined ? null : args.subject.includes('/') ? parseOwner(args.subject) : args.subject;
    const span = flags.since === undefined ? null : parseDuration(flags.since, '--since');
    const { parts } = this.open(flags, 'history');
    const now = parts.clock();
    const since = span === null ? null : new Date(now.getTime() - span);
    const { holdings, ignored } = await history(parts, { subject, since });
    if (flags.output === 'json') this.log(JSON.stringify({ holdings, ignored }, null, 2));
    else
      this.show(() =>
        renderHistory(holdings, {
          ...{ wide: flags.output === 'wide', width: this.width(), now },
          ...{ subject, since: flags.since ?? null, ignored },
        }),
      );
    return { holdings, ignored };
  }
}
