/** Values of others on a terminal: a name or a command may hold what would move the cursor, change the colour, or turn the line round. */
import { OBEYED } from '../model/paste.js';

/** Control characters are shown, not obeyed. */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}
