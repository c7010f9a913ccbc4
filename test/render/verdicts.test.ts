import { describe, expect, it } from '@jest/globals';
import type { Collected } from '../../src/manager/gc/finding.js';
import { renderVerdicts } from '../../src/render/verdicts.js';

const RECLAIMED: Collected = {
  ...{ eni: 'eni-1', action: 'reclaim', reason: 'netns gone', done: true, error: null, remaining: [] },
};

describe('what gc tells a person', () => {
  it('counts what was done', () => {
    expect(renderVerdicts([RECLAIMED], false, null)).toMatch(/eni-1 +reclaim +netns gone\n1 reclaimed\.$/);
  });

  it('shows an endpoint without an ENI by a dash', () => {
    expect(renderVerdicts([{ ...RECLAIMED, eni: null }], false, null)).toMatch(/\n- +reclaim +netns gone\n/);
  });

  it('says what failed, and does not count it', () => {
    const text = renderVerdicts([{ ...RECLAIMED, done: false, error: 'the disk is full' }], false, null);
    expect(text).toMatch(/netns gone; FAILED: the disk is full\nNothing was reclaimed\.$/);
  });

  it('says what could not be put back', () => {
    const remaining = [{ what: 'name', from: 'eth0', to: 'ens1' }];
    expect(renderVerdicts([{ ...RECLAIMED, remaining }], false, null)).toMatch(
      /netns gone; could not be put back: name eth0 → ens1\n1 reclaimed\.$/,
    );
  });
});
