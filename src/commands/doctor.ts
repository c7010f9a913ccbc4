import { Flags } from '@oclif/core';
import { interruption } from '../interruption.js';
import { examine } from '../manager/doctor/examine.js';
import type { Finding, Level } from '../manager/doctor/finding.js';
import { type Fixed, fix } from '../manager/doctor/fix.js';
import { renderDiagnosis } from '../render/diagnosis.js';
import { styleFor } from '../render/style.js';
import { bundleFlag, LookCommand } from './look.js';

interface Diagnosis {
  readonly problems: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
  /** What --fix has tried. */
  readonly fixed: readonly Fixed[];
}

/** `enim doctor`: checks everything that must hold on a node. */
export default class Doctor extends LookCommand {
  static override summary = 'Check everything that enim needs on this node, and say how to mend what is wrong';

  static override description =
    `Looks at settings, state, directories, locks, programs, permissions, every ENI, and at what on the node may interfere. Each finding says what was seen, what comes of it, and which command mends it. Nothing is changed without --fix.

--fix reclaims what enim gc would reclaim, replaces a damaged state file by its last good generation, makes missing directories, and removes unfinished files that are older than an hour; then it checks again.

Ends with 0 if there is no problem (there may be warnings), else with 1.`;

  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --fix',
    '<%= config.bin %> doctor --json',
  ];

  static override flags = {
    fix: Flags.boolean({ default: false, description: 'mend what can be mended safely, then check again' }),
    'from-bundle': bundleFlag(['fix']),
  };

  async run(): Promise<Diagnosis> {
    const { flags } = await this.parse(Doctor);
    const patient = await this.patient(flags, 'doctor');
    const before = await examine(patient);
    const fixed = flags.fix ? await fix(patient, before, interruption()) : [];
    const findings = fixed.length > 0 ? await examine(patient) : before;
    const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
    const diagnosis = { problems: count('problem'), warnings: count('warning'), findings, fixed };
    this.show(() =>
      renderDiagnosis(findings, fixed, { width: this.width(), style: styleFor(process.stdout, process.env) }),
    );
    if (diagnosis.problems === 0) return diagnosis;
    // An exit code takes the place of the document, so it is printed before.
    if (this.jsonEnabled()) this.logJson(diagnosis);
    return this.exit(1);
  }
}
