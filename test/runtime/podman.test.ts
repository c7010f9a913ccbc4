/** enim as a network of podman. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { show } from '../fabric/answers.js';
import { type Bed, createBed, describeWithRuntimes, IMAGE, NETWORK } from './bed.js';

describeWithRuntimes('podman', () => {
  let bed: Bed;

  beforeEach(async () => {
    bed = await createBed({ traced: true });
    await bed.must('podman.sh', ['load']);
  });

  afterEach(() => bed.destroy());

  const runContainer = (name: string, ...args: readonly string[]): Promise<string> =>
    bed.must('podman.sh', ['run', '--name', name, '--network', NETWORK, ...args]);

  it('gives a container an ENI, with which it reaches the gateway, and has it home at the end', async () => {
    const { ipv4, ipv6 } = bed.node.eni(0);
    const inside = `ip -o addr show dev eth0; ping -c1 -W5 ${ipv4.gateway}`;

    const output = await runContainer('web', '--rm', IMAGE, 'sh', '-c', inside);
    expect(output).toContain(` inet ${ipv4.address} `);
    expect(output).toContain(` inet6 ${ipv6.address} `);
    expect(output).toContain(' 0% packet loss');
    await bed.expectAllHome();
  });

  it('asks for the version, and names the container alone: the network stands for the namespace', async () => {
    await runContainer('web', '--detach', IMAGE);

    expect(await show(bed.node, bed.node.eni(0))).toMatchObject({
      state: 'used',
      attachment: { owner: `${NETWORK}/web`, network: NETWORK, ifname: 'eth0' },
    });
    expect(bed.calls().map(({ CNI_COMMAND, rc }) => [CNI_COMMAND, rc])).toEqual([
      ['VERSION', 0],
      ['ADD', 0],
    ]);
  });

  it('shows in its own inspection what the container has', async () => {
    const { ipv4, mac } = bed.node.eni(0);
    await runContainer('web', '--detach', IMAGE);

    const template = '{{range .NetworkSettings.Networks}}{{.IPAddress}}/{{.IPPrefixLen}} {{.MacAddress}}{{end}}';
    const seen = await bed.must('podman.sh', ['inspect', '--format', template, 'web']);
    expect(seen.trim()).toBe(`${ipv4.address} ${mac}`);
  });

  describe('has the NIC home', () => {
    it('when a container is stopped, and gives it an ENI again when it is started', async () => {
      await runContainer('web', '--detach', IMAGE);

      await bed.must('podman.sh', ['stop', '--time', '0', 'web']);
      await bed.expectAllHome();
      await bed.must('podman.sh', ['start', 'web']);
      const { ipv4 } = bed.node.eni(1);
      expect(await bed.must('podman.sh', ['exec', 'web', 'ip', '-o', 'addr'])).toContain(` inet ${ipv4.address} `);
      await bed.must('podman.sh', ['rm', '--force', '--time', '0', 'web']);
      await bed.expectAllHome();
    });

    it('when all containers are removed at once, of which there were more than ENIs', async () => {
      for (const name of ['a', 'b', 'c']) await runContainer(name, '--detach', IMAGE);
      const refused = await bed.run('podman.sh', ['run', '--name', 'd', '--network', NETWORK, IMAGE, 'true']);
      expect(refused.stderr).toContain('No ENI is free');
      expect(refused.code).not.toBe(0);

      await bed.must('podman.sh', ['rm', '--all', '--force', '--time', '0']);
      await bed.expectAllHome();
    });
  });
});
