import { expect, test } from '@jest/globals';
import { COMMANDS } from '../../src/commands/index.js';
import { renderProposal } from '../../src/render/proposal.js';
import { runEnim } from './run.js';

test.each(['0', '0s'])('provider quarantine --for %s is refused: it would be over at once', async (time) => {
  const argv = ['provider', 'quarantine', 'eni-b', '--for', time];
  const { code, stderr } = await runEnim(argv, { 'provider:quarantine': COMMANDS['provider:quarantine'] as never });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(`--for is "${time}", which is no time`),
  });
});

test.each(['yaml', 'csv', 'name'])('list --output %s goes not with --json', async (form) => {
  const { code, stdout } = await runEnim(['list', '--output', form, '--json'], { list: COMMANDS.list as never });
  const message = `--output ${form} and --json exclude each other.`;
  expect({ code, document: JSON.parse(stdout) }).toMatchObject({ code: 2, document: { error: { message } } });
});

test('provider init counts one virtual device as one', () => {
  expect(renderProposal({ enis: [], refused: [], virtual: 1 }, null)).toContain('\n1 virtual device was left out;');
});
