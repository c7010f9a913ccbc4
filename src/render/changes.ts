/** What `enim list --watch` prints where its output is no terminal. */
import type { Change } from '../manager/changes.js';
import type { EniView } from '../manager/list.js';
import { type EniColumn, textsOf } from '../manager/select.js';
import { visible } from './visible.js';

const TOLD = ['state', 'nic', 'netns', 'ipv4', 'ipv6', 'owner', 'container', 'note'] satisfies readonly EniColumn[];

/** One line: when, which ENI, and what it is, or what of it is another than before. */
export function renderChange({ at, event, eni, was }: Change): string {
  const start = `${at} ${visible(eni.id)}`;
  if (event === 'removed') return `${start}: no longer among them`;
  const parts = TOLD.flatMap((column) => {
    const [before, now] = [was === null ? '-' : text(was, column), text(eni, column)];
    if (before === now) return [];
    return [was === null ? `${column} ${now}` : `${column} ${before} → ${now}`];
  });
  return `${start}: ${parts.length === 0 ? 'its device is another' : parts.join(', ')}`;
}

function text(eni: EniView, column: EniColumn): string {
  return visible(textsOf(eni, column)[0]);
}
