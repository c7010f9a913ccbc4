/** Which calls of enim are in a line of shell, as far as documentation has it: quotes, operators, comments, programs that start others. */

const WORD = /(?:'[^']*'|"[^"]*"|[^\s'"|;&<>#]|(?<=\S)#)+|&&|\|\||[|;&]|[<>]+|#.*$/g;
const OPERATORS = ['&&', '||', '|', ';', '&'];

/** The words after `enim` of each call. */
export function callsIn(line: string): string[][] {
  return simpleCommands(line).flatMap((words) => {
    const start = words.findIndex((word, index) => isEnim(word) && startsPrograms(words.slice(0, index)));
    return start < 0 ? [] : [words.slice(start + 1)];
  });
}

/** The program of each command of a line, `enim` among them. */
export function programsIn(line: string): string[] {
  return simpleCommands(line).flatMap((words) => words.find((word) => !/^\w+=/.test(word)) ?? []);
}

function simpleCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  let isTarget = false;
  for (const [token] of line.replace(/\w+=\$\(/g, '').matchAll(WORD)) {
    if (token.startsWith('#')) break;
    if (OPERATORS.includes(token)) commands.push([]);
    else if (/^[<>]+$/.test(token)) isTarget = true;
    else if (isTarget) isTarget = false;
    else commands.at(-1)?.push(token.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return commands;
}

function isEnim(word: string): boolean {
  return word === 'enim' || word.endsWith('/enim');
}

/** Whether what stands before a word has it run as a program: `NAME=value`, `sudo`, `nsenter …`, `kubectl exec … --`. */
function startsPrograms(before: readonly string[]): boolean {
  if (before.at(-1) === '--') return true;
  const words = before.filter((word) => !/^[A-Z_]+=/.test(word));
  return (
    words.length === 0 ||
    words[0] === 'sudo' ||
    words[0] === 'nsenter' ||
    words.slice(0, 3).join(' ') === 'ip netns exec'
  );
}
