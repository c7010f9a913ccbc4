import { describe, expect, it } from '@jest/globals';
import { createAgentLog } from '../../src/agent/log.js';
import type { LogLevel } from '../../src/model/loglevel.js';

function logAt(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const clock = { now: 1_000_000 };
  const log = createAgentLog({
    level: () => level,
    clock: () => new Date(clock.now),
    write: (text) => lines.push(JSON.parse(text) as Record<string, unknown>),
  });
  return { log, lines, clock };
}

describe('the log of the agent', () => {
  it('is a JSON document a line, with what it is about', () => {
    const { log, lines } = logAt('info');
    log('info', 'reclaimed', { eni: 'eni-a' });
    expect(lines).toEqual([{ time: '1970-01-01T00:16:40.000Z', level: 'info', message: 'reclaimed', eni: 'eni-a' }]);
  });

  it('has nothing below its level', () => {
    const { log, lines } = logAt('warn');
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log(level, level);
    expect(lines.map(({ level }) => level)).toEqual(['error', 'warn']);
  });

  it('holds back the same words again and again, says how often, and nothing else', () => {
    const { log, lines, clock } = logAt('info');
    for (let count = 0; count < 120; count += 1) log('warn', 'the same');
    log('warn', 'another');
    expect(lines.filter(({ message }) => message === 'the same')).toHaveLength(20);
    expect(lines.filter(({ message }) => message === 'another')).toHaveLength(1);
    clock.now += 10_000;
    log('warn', 'the same');
    expect(lines.at(-1)).toMatchObject({ message: 'the same', suppressed: 100 });
    log('warn', 'the same');
    expect(lines.at(-1)).not.toHaveProperty('suppressed');
  });

  it('holds nothing back for longer because the clock was set back', () => {
    const { log, lines, clock } = logAt('info');
    for (let count = 0; count < 30; count += 1) log('warn', 'the same');
    clock.now -= 86_400_000;
    log('warn', 'the same');
    expect(lines.at(-1)).toMatchObject({ message: 'the same', suppressed: 10 });
  });
});
