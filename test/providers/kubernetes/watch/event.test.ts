import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EnimError } from '../../../../src/model/errors.js';
import { parseEvent } from '../../../../src/providers/kubernetes/watch/event.js';
import { enimErrorOf } from '../../../model/thrown.js';

const object = { metadata: { name: 'eni-1', resourceVersion: '7', managedFields: [{ manager: 'kubectl' }] }, spec: {} };
const line = (type: string, of: unknown = object): string => JSON.stringify({ type, object: of });

describe('a line of a watch', () => {
  it.each(['ADDED', 'MODIFIED', 'DELETED'])(
    '%s is an object with its version, without who wrote which field',
    (type) => {
      const { managedFields: _, ...metadata } = object.metadata;
      expect(parseEvent(line(type))).toEqual({ type, version: '7', object: { metadata, spec: {} } });
    },
  );

  it('can be a bookmark, which has nothing but a version', () => {
    const bookmark = line('BOOKMARK', { kind: 'ENI', metadata: { resourceVersion: '9', creationTimestamp: null } });
    expect(parseEvent(bookmark)).toEqual({ type: 'BOOKMARK', version: '9' });
  });

  it('can be the end of it, with the code that says why', () => {
    const status = { kind: 'Status', code: 410, message: 'too old resource version: 1 (9)' };
    expect(parseEvent(line('ERROR', status))).toEqual({ type: 'ERROR', code: 410, message: status.message });
    expect(parseEvent(line('ERROR', {}))).toMatchObject({ type: 'ERROR', code: 500 });
  });

  it('keeps numbers that a double cannot hold', () => {
    const { object: kept } = parseEvent(
      '{"type":"ADDED","object":{"metadata":{"name":"eni-1","resourceVersion":"7"},"spec":{"vpcVersion":9007199254740993}}}',
    ) as { object: unknown };
    expect(JSON.stringify(kept)).toContain('"vpcVersion":9007199254740993');
  });

  it.each([
    ['half an event', line('ADDED').slice(0, -5)],
    ['what a proxy says', '<html>502</html>'],
    ['nothing', ''],
    ['no event', '[]'],
    ['an event without an object', '{"type":"ADDED"}'],
    ['an object without a name', line('ADDED', { metadata: { resourceVersion: '7' } })],
    ['an object without a version', line('MODIFIED', { metadata: { name: 'eni-1' } })],
    ['a bookmark without a version', line('BOOKMARK', { metadata: {} })],
    ['what no server has told yet', line('MOVED')],
  ])('that is %s is an error that shows it', async (_, text) => {
    const error = await enimErrorOf(async () => parseEvent(text));
    expect([error.code, error.hint]).toEqual(['API_FAILED', expect.stringContaining('proxy')]);
    expect(error.details.join()).toContain(JSON.stringify(text.slice(0, 20)).slice(0, -1));
  });

  it('shows no more of what is no event than a line', async () => {
    expect((await enimErrorOf(async () => parseEvent('x'.repeat(1_000)))).details.join().length).toBeLessThan(100);
  });

  it('is an event or an error of ours, whatever it is', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ type: fc.constantFrom('ADDED', 'BOOKMARK', 'ERROR', 'x'), object: fc.jsonValue() })
        .map((each) => JSON.stringify(each)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(parseEvent(text).type).toMatch(/^[A-Z]+$/);
        } catch (thrown) {
          if (!(thrown instanceof EnimError)) throw thrown;
        }
      }),
    );
  });
});
