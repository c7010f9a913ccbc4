import { describe, expect, it, test } from '@jest/globals';
import { checkUdev, renamingLines } from '../../../src/manager/doctor/udev.js';
import { FakeHost, line, patientWith } from './patient.js';

const NICS = { macs: ['02:e0:00:00:00:01'], drivers: ['ena'] };

describe('a udev rule', () => {
  test.each([
    ['SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", NAME="eth0"'],
    ['ACTION=="add", SUBSYSTEM=="net", DRIVERS=="ena", NAME="ens%n"'],
    ['SUBSYSTEM=="net",NAME:="x"'],
    ['  SUBSYSTEM == "net", NAME = "x"'],
    ['SUBSYSTEM=="net", ATTR{address}=="02:E0:00:00:00:01", NAME="x"'],
    ['SUBSYSTEM=="net", ATTR{address}=="02:e0:*", NAME="x"'],
    ['SUBSYSTEM=="net", DRIVERS=="ixgbevf|ena", NAME="x"'],
    ['SUBSYSTEM=="net", \\\n  NAME="x"'],
  ])('renames ENIs: %s', (rule) => {
    expect(renamingLines(`# a comment\n${rule}\n`, NICS)).toEqual([2]);
  });

  test.each([
    ['# SUBSYSTEM=="net", NAME="x"'],
    ['SUBSYSTEM=="net", NAME=="", ENV{X}="1"'],
    ['SUBSYSTEM=="net", KERNEL!="lo", ENV{SYSTEMD_ALIAS}+="/sys/subsystem/net/devices/$name"'],
    ['SUBSYSTEM=="block", NAME="x"'],
    ['SUBSYSTEM=="net", ENV{IFNAME}="x"'],
    ['SUBSYSTEM=="net", SUBSYSTEMS=="usb", ATTRS{idVendor}=="413c", NAME="idrac"'],
    ['SUBSYSTEM=="net", NAME=="", DRIVERS=="ibmveth", NAME="ibmveth$result"'],
    ['SUBSYSTEM=="net", ATTR{address}=="02:e0:00:00:00:ff", NAME="uplink"'],
  ])('leaves ENIs alone: %s', (rule) => {
    expect(renamingLines(rule, NICS)).toEqual([]);
  });

  it('is found by file and line, and its file hides namesakes in later directories', () => {
    const host = new FakeHost();
    const rule = 'SUBSYSTEM=="net", NAME="x"';
    host.files.set('/etc/udev/rules.d/70-ec2.rules', `# ours\n\n${rule}`);
    host.files.set('/etc/udev/rules.d/70-ec2.rules.bak', rule);
    host.files.set('/lib/udev/rules.d/70-ec2.rules', rule);
    host.files.set('/etc/udev/rules.d/80-off.rules', '');
    host.files.set('/usr/lib/udev/rules.d/80-off.rules', rule);
    expect(checkUdev(patientWith(host), NICS).map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      'warning /etc/udev/rules.d/70-ec2.rules:3',
    ]);
  });

  it('is nobody’s business without ENIs; without knowledge of them every one is', () => {
    const host = new FakeHost();
    host.files.set('/etc/udev/rules.d/a.rules', 'SUBSYSTEM=="net", DRIVERS=="other", NAME="x"');
    expect(checkUdev(patientWith(host), { macs: [], drivers: [] })).toMatchObject([{ level: 'ok' }]);
    expect(checkUdev(patientWith(host), undefined)).toMatchObject([{ level: 'warning' }]);
    expect(checkUdev(patientWith(host), NICS).map(line)).toEqual(['ok rules: none gives the NICs of ENIs other names']);
  });
});
