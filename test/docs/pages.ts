/** The pages that users read, and what is in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `README.md` and the pages of `docs/` and `docs/reference`. */
export const PAGES: readonly string[] = ['README.md', ...pagesIn('docs'), ...pagesIn('docs/reference')];

function pagesIn(directory: string): string[] {
  return readdirSync(join(ROOT, directory))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${directory}/${name}`);
}

export function textOf(page: string): string {
  return readFileSync(pathOf(page), 'utf8');
}

/** Where a file of the repository is. */
export function pathOf(name: string): string {
  return join(ROOT, name);
}

/** A line of a page, or a part of one, and where it is. */
export interface Excerpt {
  readonly line: number;
  readonly text: string;
}

/** What a reader would type: the lines of `sh` blocks, and those of `console` blocks that follow a prompt. */
export function typedLines(markdown: string): Excerpt[] {
  const lines: Excerpt[] = [];
  let fence: string | null = null;
  let open: Excerpt | null = null;
  for (const [index, text] of markdown.split('\n').entries()) {
    const [, mark] = text.match(/^\s*```(\w*)/) ?? [];
    if (mark !== undefined) {
      fence = fence === null ? mark : null;
      continue;
    }
    const typed = fence === 'sh' ? text : fence === 'console' ? text.match(/^\s*\$ (.*)/)?.[1] : undefined;
    if (typed === undefined) continue;
    const whole: Excerpt = { line: open?.line ?? index + 1, text: (open?.text ?? '') + typed.replace(/\\$/, ' ') };
    open = typed.endsWith('\\') ? whole : null;
    if (open === null) lines.push(whole);
  }
  return lines;
}

/** What stands between backticks in the running text and in tables. */
export function codeSpans(markdown: string): Excerpt[] {
  const withoutBlocks = markdown.replace(/^\s*```[\s\S]*?^\s*```/gm, (block) => block.replace(/[^\n]/g, ''));
  return withoutBlocks
    .split('\n')
    .flatMap((text, index) =>
      [...text.matchAll(/`([^`]+)`/g)].map(([, span = '']) => ({ line: index + 1, text: span.replaceAll('\\|', '|') })),
    );
}

/** The content of each block in a language. */
export function blocks(markdown: string, language: string): string[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, mark, text = '']) =>
    mark === language ? [text] : [],
  );
}
