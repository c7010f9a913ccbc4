import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AgentMessage, agentMessage, type ClientMessage, clientMessage } from '../../src/agent/protocol.js';
import { sampleRequest } from './samples.js';

describe('clientMessage', () => {
  it.each<ClientMessage>([{ type: 'go' }, sampleRequest()])('takes what a client says: $type', (message) => {
    expect(clientMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
  });

  it.each(['version', 'build', 'env', 'stdin', 'program', 'places'] as const)('takes no request without %s', (key) => {
    const { [key]: _, ...rest } = sampleRequest();
    expect(clientMessage(rest)).toBeUndefined();
    expect(clientMessage({ ...rest, [key]: 1 })).toBeUndefined();
  });

  it.each([{ env: { CNI_COMMAND: 1 } }, { places: [['/run']] }, { places: [[1, null]] }, { places: [['/run', 2]] }])(
    'takes no request with %j',
    (wrong) => {
      expect(clientMessage({ ...sampleRequest(), ...wrong })).toBeUndefined();
    },
  );

  it('throws for nothing that JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(clientMessage(value)?.type).toBe(undefined);
        expect(agentMessage(value)?.type).toBe(undefined);
      }),
    );
  });
});

describe('agentMessage', () => {
  it.each<AgentMessage>([
    { type: 'accepted' },
    { type: 'beat' },
    { type: 'refused', reason: 'build', pid: 7, version: '1.2.3', build: 'b' },
    { type: 'answer', stdout: '{}\n', stderr: '', exitCode: 1 },
  ])('takes what an agent says: $type', (message) => {
    expect(agentMessage(message)).toEqual(message);
  });

  it.each([
    { type: 'answer', stdout: '', stderr: '' },
    { type: 'answer', stdout: '', stderr: '', exitCode: 7 },
    { type: 'refused', reason: 'build', version: '1.2.3', build: 'b' },
    { type: 'go' },
  ])('takes nothing else: %j', (message) => {
    expect(agentMessage(message)).toBeUndefined();
  });
});
