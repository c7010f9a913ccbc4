/** The settings of a node whose ENIs are a cluster's, as `enim install --kubeconfig` writes them. */
import { EnimError } from '../model/errors.js';
import { checkSettings, loadJson } from './load.js';

/** What they are to say. */
export interface ClusterChoice {
  readonly kubeconfig: string;
  /** Name of this node; null leaves it as it is. */
  readonly nodeName: string | null;
  /** Also where they choose something else now. */
  readonly force: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * The text of the settings file with that choice; whatever else is in it stays.
 *
 * @throws EnimError UNSAFE where they choose something else, INVALID_CONFIG
 */
export function settingsFor(path: string, { kubeconfig, nodeName, force }: ClusterChoice): string {
  const before = (loadJson(path) ?? {}) as Json;
  const kubernetes = (before.kubernetes ?? {}) as Json;
  const other = otherChoice(before, kubeconfig);
  if (other !== null && !force) {
    throw new EnimError('UNSAFE', `The settings ${path} ${other}.`, {
      hint: 'see them: enim config get; to have them name the cluster all the same: --force',
    });
  }
  const after = {
    ...before,
    provider: 'kubernetes',
    kubernetes: { ...kubernetes, kubeconfig, ...(nodeName === null ? {} : { nodeName }) },
  };
  checkSettings(path, after);
  return `${JSON.stringify(after, null, 2)}\n`;
}

function otherChoice({ provider, static: inventory, kubernetes }: Json, kubeconfig: string): string | null {
  if (provider === 'static') return 'choose the provider static';
  if (provider === undefined && inventory !== undefined) return 'name ENIs of their own';
  const other = (kubernetes as Json | undefined)?.kubeconfig ?? kubeconfig;
  return other === kubeconfig ? null : `name another kubeconfig, ${other}`;
}
