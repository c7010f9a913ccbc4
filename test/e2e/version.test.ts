import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd } from '../fabric/requirements.js';

const ROOT = join(import.meta.dirname, '../..');

/** The commit of this checkout; null where it is none, or is not git's to read. */
function headCommit(): string | null {
  const { status, stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

describeEndToEnd('version', () => {
  let node: Node;

  beforeEach(async () => {
    node = await createNode();
  });

  afterEach(() => node.destroy());

  it('names the commit that the executable was built from, what runs it and where', async () => {
    const { code, json, stderr } = await node.enim(['version', '--json']);

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      commit: headCommit(),
      runtime: { name: 'Bun' },
      target: expect.stringMatching(/^linux-(x64|arm64)(-musl)?$/),
    });
  });

  it('says the same whatever the machine is like, and needs no settings', async () => {
    const { stdout } = await node.enim(['--version']);
    expect(stdout).toMatch(/^enim \d+\.\d+\.\d+\n {2}commit /);

    const runtime = /runtime {2}(.*)/.exec(stdout)?.[1];
    expect((await node.enim(['--help'])).stdout).toContain(`VERSION\n  ${stdout.split('\n')[0]}, ${runtime}\n`);

    const env = { TZ: 'Asia/Tokyo', LANG: 'C', HOME: '/nonexistent', ENIM_CONFIG: '/nonexistent/config.json' };
    expect(await node.enim(['version'], { env })).toMatchObject({ code: 0, stdout, stderr: '' });
  });
});
