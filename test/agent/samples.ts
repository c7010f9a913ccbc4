/** Requests to the agent. */
import type { AgentRequest } from '../../src/agent/protocol.js';

/** One that is in order; `overrides` change it. */
export function sampleRequest(overrides: Partial<AgentRequest> = {}): AgentRequest {
  return {
    ...{ type: 'request', version: '1.2.3', build: 'b1' },
    env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1' },
    stdin: '{"cniVersion":"1.1.0","name":"n","type":"enim"}',
    program: 'enim',
    places: [['/run/enim', '1:2']],
    ...overrides,
  };
}
