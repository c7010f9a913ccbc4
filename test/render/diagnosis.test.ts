import { describe, expect, test } from '@jest/globals';
import { inOrder, problem, warning } from '../../src/manager/doctor/finding.js';
import { renderDiagnosis } from '../../src/render/diagnosis.js';
import { styleFor } from '../../src/render/style.js';

const OK = inOrder('settings', '/etc/enim/config.json', 'valid');
const WARNING = warning('udev', 'rules:3', { evidence: 'renames', consequence: 'a race', mend: 'vi rules' });
const PROBLEM = problem('eni', 'eni-c', {
  evidence: 'netns is gone; NIC is home as dev7',
  consequence: 'nobody can use it',
  mend: 'enim gc --a-command-that-is-longer-than-the-terminal',
  fixable: true,
});
const style = styleFor({ isTTY: false }, {});
const render = (...args: [Parameters<typeof renderDiagnosis>[0], Parameters<typeof renderDiagnosis>[1]?]) =>
  renderDiagnosis(args[0], args[1] ?? [], { width: null, style });

describe('a diagnosis', () => {
  test('says in words what each sign says, what comes of it and what mends it: the count first, then the worst', () => {
    expect(render([OK, WARNING, PROBLEM])).toBe(
      [
        '1 problem, 1 warning; some can be mended by: enim doctor --fix',
        '✘ problem  eni       eni-c: netns is gone; NIC is home as dev7',
        '                     consequence: nobody can use it',
        '                     mend: enim gc --a-command-that-is-longer-than-the-terminal',
        '! warning  udev      rules:3: renames',
        '                     consequence: a race',
        '                     mend: vi rules',
        '✔ ok       settings  /etc/enim/config.json: valid',
      ].join('\n'),
    );
  });

  test('folds prose on a narrow terminal, and commands as a shell takes them', () => {
    const lines = renderDiagnosis([OK, PROBLEM], [], { width: 45, style }).split('\n');
    expect(lines).toContain('                     consequence: nobody can');
    expect(lines).toContain('                     use it');
    expect(lines).toContain('                     mend: enim gc \\');
    expect(lines).toContain(' --a-command-that-is-longer-than-the-terminal');
  });

  test('of a healthy node begins without a warning', () => {
    expect(render([OK]).split('\n')[0]).toBe('no problems');
    expect(render([WARNING, WARNING]).split('\n')[0]).toBe('no problems, 2 warnings');
  });

  test('says after the count what was mended, and what could not be', () => {
    const fixed = [
      { subject: '/run/enim', done: 'made, mode 0700', error: null },
      { subject: 'eni-c', done: 'reclaimed', error: 'it hangs' },
    ];
    expect(render([OK], fixed).split('\n').slice(0, 3)).toEqual([
      'no problems',
      'Fixed: /run/enim: made, mode 0700',
      'Not fixed: eni-c: it hangs',
    ]);
  });

  test('is coloured only on a terminal', () => {
    const coloured = renderDiagnosis([PROBLEM], [], { width: null, style: styleFor({ isTTY: true }, {}) });
    expect(coloured).toContain('\u001b[31m✘ problem');
    expect(render([PROBLEM])).not.toContain('\u001b');
  });
});
