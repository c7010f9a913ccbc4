/** What `enim del` tells a person. */
import type { Return } from '../manager/home.js';
import { renderRestored } from './restored.js';
import { visible } from './visible.js';

/** A line for each ENI that came back. */
export function renderReturns(owner: string, returns: readonly Return[]): string {
  if (returns.length === 0) return `Nothing to do: ${owner} holds no such ENI.`;
  return returns
    .map(({ attachment, link, restored, remaining }) => {
      const id = attachment.eni.id;
      if (link === null) return visible(`${owner} gave back ${id}; its device has gone from this node.`);
      const changes = restored.length === 0 ? '' : ` (put back: ${renderRestored(restored)})`;
      const lost = remaining.length === 0 ? '' : `\n  could not be put back: ${visible(renderRestored(remaining))}`;
      return visible(`${owner} gave back ${id}; its NIC is home as ${link.name}${changes}.`) + lost;
    })
    .join('\n');
}
