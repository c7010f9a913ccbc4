/** What the executable loads when it is to do the work of the plugin itself. */
import { interruption } from '../interruption.js';
import { createLog } from '../log.js';
import { write } from '../stdio.js';
import { answerCall, type PluginAnswer, type PluginInput } from './plugin.js';

/** Answers one call, and logs as the network configuration says. */
export function answerAlone(input: Omit<PluginInput, 'interruption' | 'openLog'>): Promise<PluginAnswer> {
  return answerCall({
    ...input,
    interruption,
    openLog: ({ logFile, logLevel }) =>
      createLog({ file: logFile, level: logLevel, clock: () => new Date(), stderr: (text) => write(2, text) }),
  });
}
