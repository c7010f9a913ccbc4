/** Alerts and dashboard: Prometheus understands them, they fire when they should, and every metric in them is one that an agent has. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAgent } from '../fabric/agent.js';
import { resultOf } from '../fabric/cni.js';
import { run } from '../fabric/exec.js';
import { fetchPage } from '../fabric/http.js';
import { createNode, type Node } from '../fabric/node.js';
import { describeEndToEnd, describeWith, programFault } from '../fabric/requirements.js';
import { useTemporaryDirectories } from '../store/temporary.js';

const MONITORING = join(import.meta.dirname, '../../deploy/monitoring');
const RULES = readFileSync(join(MONITORING, 'rules.yaml'), 'utf8');
const DASHBOARD = JSON.parse(readFileSync(join(MONITORING, 'dashboard.json'), 'utf8'));

const ALERTS = [...RULES.matchAll(/- alert: (\w+)/g)].map(([, name]) => name as string);

/** Prometheus itself makes it of every target. */
const UP = 'up';

/** Metrics that a text names, without what a histogram adds to its name. */
function metricsIn(text: string): string[] {
  const names = text.match(/\b(?:enim|process)_[a-z_]+\b|\bup\b(?=\{)/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))].sort();
}

/** Its expressions. */
const QUERIES = (DASHBOARD.panels as { targets: { expr: string }[] }[]).flatMap(({ targets }) =>
  targets.map(({ expr }) => expr),
);

describeWith('the alerts, to Prometheus', [programFault('promtool')], () => {
  const temporary = useTemporaryDirectories();

  /** The rules without the object that carries them. */
  const rulesFile = (directory = temporary()): string => {
    const path = join(directory, 'rules.yaml');
    writeFileSync(path, RULES.slice(RULES.indexOf('spec:\n') + 'spec:\n'.length).replace(/^ {2}/gm, ''));
    return path;
  };

  /** Whether an alert fires after half an hour of these series. */
  const fires = async (alert: string, series: Readonly<Record<string, string>>): Promise<boolean> => {
    const directory = temporary();
    rulesFile(directory);
    const expectation = { eval_time: '30m', alertname: alert, exp_alerts: [] };
    const test = {
      ...{ rule_files: ['rules.yaml'], evaluation_interval: '1m' },
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          alert_rule_test: [expectation],
        },
      ],
    };
    // JSON is YAML.
    writeFileSync(join(directory, 'test.yaml'), JSON.stringify(test));
    const { code, stdout, stderr } = await run('promtool', ['test', 'rules', join(directory, 'test.yaml')]);
    // That none was expected fails where one fires.
    if (code !== 0 && !/exp:\s*\[\s*\]/.test(stdout + stderr)) throw new Error(stdout + stderr);
    return code !== 0;
  };

  it('are well-formed', async () => {
    const { code, stdout, stderr } = await run('promtool', ['check', 'rules', rulesFile()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${ALERTS.length} rules found`);
  });

  const IN_VAIN = 'enim_operation_failures_total{verb="ADD",code="103"}';

  const CASES: readonly (readonly [string, Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
    ['EnimAgentDown', { 'up{job="enim-agent"}': '0x40' }, { 'up{job="enim-agent"}': '1x40' }],
    [
      'EnimEniMissing',
      { 'enim_eni_state{eni="a",state="missing"}': '1x40' },
      { 'enim_eni_state{eni="a",state="missing"}': '_x25 1x10' },
    ],
    [
      'EnimEniOrphan',
      { 'enim_eni_state{eni="a",state="orphan"}': '1x40' },
      { 'enim_eni_state{eni="a",state="used"}': '1x40' },
    ],
    [
      'EnimEniQuarantined',
      { 'enim_eni_state{eni="a",state="quarantined"}': '1x40' },
      { 'enim_eni_state{eni="a",state="quarantined"}': '_x20 1x20' },
    ],
    [
      'EnimPoolEmpty',
      { 'enim_enis{state="free"}': '0x40', 'enim_enis{state="used"}': '8x40', [IN_VAIN]: '0+1x40' },
      // All are used, as is meant.
      { 'enim_enis{state="free"}': '0x40', 'enim_enis{state="used"}': '8x40' },
    ],
    [
      'EnimOperationsFail',
      {
        'enim_operation_duration_seconds_count{verb="ADD",outcome="failed"}': '0+1x40',
        'enim_operation_duration_seconds_count{verb="ADD",outcome="done"}': '0+2x40',
      },
      {
        'enim_operation_duration_seconds_count{verb="ADD",outcome="failed"}': '3x40',
        'enim_operation_duration_seconds_count{verb="ADD",outcome="done"}': '0+2x40',
      },
    ],
    [
      'EnimGcOverdue',
      { enim_agent_last_gc_timestamp_seconds: '1x40', enim_agent_gc_interval_seconds: '30x40' },
      { enim_agent_last_gc_timestamp_seconds: '0+60x40', enim_agent_gc_interval_seconds: '30x40' },
    ],
    [
      'EnimSyncOverdue',
      { enim_agent_last_sync_timestamp_seconds: '1x40', enim_agent_sync_interval_seconds: '30x40' },
      { enim_agent_last_sync_timestamp_seconds: '0+60x40', enim_agent_sync_interval_seconds: '30x40' },
    ],
    ['EnimStateDamaged', { enim_state_good: '0x40' }, { enim_state_good: '1x40' }],
    ['EnimLookFails', { 'enim_look_success{look="enis"}': '0x40' }, { 'enim_look_success{look="enis"}': '1x40' }],
    ['EnimProviderUnhealthy', { enim_provider_healthy: '0x40' }, { enim_provider_healthy: '1x40' }],
    [
      'EnimWatchSilent',
      { 'enim_watch_age_seconds{resource="enis"}': '0+60x40' },
      // A bookmark comes every minute; one that is late is no fault.
      { 'enim_watch_age_seconds{resource="enis"}': '30 90 150 210 30 90x40' },
    ],
    [
      'EnimLockStuck',
      { 'enim_lock_oldest_timestamp_seconds{kind="eni"}': '1x40' },
      { 'enim_lock_oldest_timestamp_seconds{kind="agent"}': '1x40' },
    ],
    [
      'EnimNicErrors',
      { 'enim_nic_receive_errors_total{eni="a"}': '0+60x40', 'enim_nic_transmit_errors_total{eni="a"}': '0x40' },
      { 'enim_nic_receive_errors_total{eni="a"}': '60x40', 'enim_nic_transmit_errors_total{eni="a"}': '60x40' },
    ],
  ];

  it('are all shown to fire below', () => {
    expect(CASES.map(([alert]) => alert)).toEqual(ALERTS);
  });

  it.each(CASES)('%s fires when it should, and not when it should not', async (alert, bad, good) => {
    expect([await fires(alert, bad), await fires(alert, good)]).toEqual([true, false]);
  });

  const GC_ROUNDS = 'enim_operation_duration_seconds_count{verb="gc",outcome="done"}';
  const SYNC_FAILS = 'enim_operation_duration_seconds_count{verb="sync",outcome="failed"}';
  const ORPHAN = { 'enim_eni_state{eni="a",state="orphan"}': '1x40' };

  it.each<readonly [string, string, Readonly<Record<string, string>>, boolean]>([
    [
      'EnimGcOverdue',
      'gc comes so seldom that none is due',
      { enim_agent_last_gc_timestamp_seconds: '1x40', enim_agent_gc_interval_seconds: '900x40' },
      false,
    ],
    [
      'EnimGcOverdue',
      'gc was switched off',
      { enim_agent_last_gc_timestamp_seconds: '1x40', enim_agent_gc_interval_seconds: '0x40' },
      false,
    ],
    [
      'EnimGcOverdue',
      'gc has never ended well since the agent was started',
      {
        ...{ enim_agent_last_gc_timestamp_seconds: '0x40', enim_agent_gc_interval_seconds: '30x40' },
        process_start_time_seconds: '1x40',
      },
      true,
    ],
    [
      'EnimGcOverdue',
      'the agent was started a moment ago',
      {
        ...{ enim_agent_last_gc_timestamp_seconds: '0x40', enim_agent_gc_interval_seconds: '30x40' },
        process_start_time_seconds: '1500x40',
      },
      false,
    ],
    [
      'EnimSyncOverdue',
      'sync comes every 10 minutes, and has always failed',
      {
        ...{ enim_agent_last_sync_timestamp_seconds: '0x40', enim_agent_sync_interval_seconds: '600x40' },
        process_start_time_seconds: '-900x40',
        [SYNC_FAILS]: '0x9 1x9 2x9 3x9',
      },
      true,
    ],
    [
      'EnimSyncOverdue',
      'there is nothing to make ready',
      {
        ...{ enim_agent_last_sync_timestamp_seconds: '0x40', enim_agent_sync_interval_seconds: '0x40' },
        process_start_time_seconds: '1x40',
      },
      false,
    ],
    ['EnimOperationsFail', 'it is sync, which has an alert of its own', { [SYNC_FAILS]: '0+1x40' }, false],
    [
      'EnimPoolEmpty',
      'a pod asked in vain for one ENI while others are free',
      { 'enim_enis{state="free"}': '1x40', 'enim_enis{state="used"}': '8x40', [IN_VAIN]: '0+1x40' },
      false,
    ],
    [
      'EnimPoolEmpty',
      'those that asked in vain have gone',
      { 'enim_enis{state="free"}': '0x40', 'enim_enis{state="used"}': '8x40', [IN_VAIN]: '0+1x10 10x30' },
      false,
    ],
    [
      'EnimProviderUnhealthy',
      'the node never had an ENI',
      { enim_provider_healthy: '0x40', 'enim_enis{state="free"}': '0x40', 'enim_enis{state="used"}': '0x40' },
      false,
    ],
    [
      'EnimProviderUnhealthy',
      'the node has lost all of its ENIs',
      { enim_provider_healthy: '0x40', 'enim_enis{state="free"}': '2x9 0x30', 'enim_enis{state="used"}': '0x40' },
      true,
    ],
    [
      'EnimProviderUnhealthy',
      'the node never had an ENI, and the provider does not answer any more',
      { enim_provider_healthy: '0x40', 'enim_enis{state="free"}': '0x10 _x30', 'enim_enis{state="used"}': '0x10 _x30' },
      true,
    ],
    [
      'EnimEniOrphan',
      'gc comes, and leaves it',
      { ...ORPHAN, enim_agent_gc_interval_seconds: '30x40', [GC_ROUNDS]: '0+2x40' },
      true,
    ],
    [
      'EnimEniOrphan',
      'gc comes so seldom that none has come',
      { ...ORPHAN, enim_agent_gc_interval_seconds: '3600x40', [GC_ROUNDS]: '1x40' },
      false,
    ],
    [
      'EnimEniOrphan',
      'gc comes seldom, and has come after it',
      { ...ORPHAN, enim_agent_gc_interval_seconds: '3600x40', [GC_ROUNDS]: '1x23 2x16' },
      true,
    ],
    ['EnimEniOrphan', 'the agent leaves gc to others', { ...ORPHAN, enim_agent_gc_interval_seconds: '0x40' }, true],
    [
      'EnimEniOrphan',
      'it has not been one for long',
      { 'enim_eni_state{eni="a",state="orphan"}': '_x20 1x20', [GC_ROUNDS]: '0+2x40' },
      false,
    ],
  ])('%s, where %s', async (alert, _, series, isToFire) => {
    expect(await fires(alert, series)).toBe(isToFire);
  });
});

describe('the dashboard', () => {
  it('names each panel, and asks for the nodes that were chosen', () => {
    const titles = (DASHBOARD.panels as { title: string }[]).map(({ title }) => title);
    expect([new Set(titles).size, titles.every((title) => title !== '')]).toEqual([titles.length, true]);
    for (const query of QUERIES) expect(query).toContain('instance=~"$instance"');
  });
});

describeWith('the dashboard, to Prometheus', [programFault('promtool')], () => {
  const temporary = useTemporaryDirectories();

  it('asks what can be asked', async () => {
    const path = join(temporary(), 'rules.yaml');
    const rules = QUERIES.map((query, index) => ({
      record: `panel:${index}`,
      expr: query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    }));
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    expect(await run('promtool', ['check', 'rules', path])).toMatchObject({ code: 0, stderr: '' });
  });
});

describeEndToEnd('every metric', () => {
  let node: Node;
  let shown: string[];
  beforeAll(async () => {
    node = await createNode({ enis: 1 });
    const pod = await node.pod('web-0');
    const agent = await startAgent(node);
    await resultOf(node, 'ADD', { netns: pod.path });
    const { text } = await fetchPage(node, '/metrics');
    shown = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string);
    await agent.end();
  });
  afterAll(() => node.destroy());

  it.each([
    ['the alerts', RULES.slice(RULES.indexOf('groups:')).replace(/^ *description:.*$/gm, '')],
    ['the dashboard', QUERIES.join('\n')],
  ])('of %s is one that an agent has', (_, text) => {
    const wanted = metricsIn(text).filter((name) => name !== UP);
    expect(wanted.length).toBeGreaterThan(7);
    expect(wanted.filter((name) => !shown.includes(name))).toEqual([]);
  });

  it('of an agent is in docs/metrics.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
    // The traffic's are named by their first, and dots.
    const missing = shown.filter(
      (name) => !page.includes(`\`${name}`) && !/^enim_nic_\w+_(packets|errors|dropped)_/.test(name),
    );
    expect(missing).toEqual([]);
  });
});
