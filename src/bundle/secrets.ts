/** What a secret looks like: the keys whose values are secret, and texts that are credentials wherever they stand. Pure. */

/** What stands in the place of a secret. */
export const REDACTED = '<redacted>';

/** Between two words of a key: `clientKey`, `client-key`, `DBPassword`. */
const HUMP = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g;

/** Ends of a word that make its key's value a secret, however little is before it: `PGPASSWORD`. */
const WORD =
  /(?:token|password|passwd|passphrase|passcode|pwd|secret|credential|authorization|cookie|bearer|signature)s?\d*$|^(?:(?:db|pg|mysql)?pass|psk|dockerconfigjson)$/;

/** Keys that are a secret's by themselves, and part of many that are none's: of a registry, and of Baidu's cloud. */
const WHOLE = /^(?:_?auth|[as]k)$/;

/** The same of words that are secret together only. */
const WORDS =
  /(?:client|private|api|access|secret|signing|encryption|session|shared|master|account|hmac|etcd|tls|ssh)[-_. ]?key(?:[-_. ]?(?:data|id))?$|(?:client[-_. ]?certificate|certificate[-_. ]?authority)[-_. ]?data$/;

/** Whether the value of this key is a secret. The one vocabulary: of JSON, YAML, assignments, flags and headers. */
export function isSecret(key: string): boolean {
  const plain = plainOf(key);
  return WHOLE.test(plain) || WORDS.test(plain) || plain.split(/[-_. /:]+/).some((word) => WORD.test(word));
}

/** Whether the value goes on after a blank, as that of a header does: `Authorization: Token X`. */
export function isHeader(key: string): boolean {
  return /(?:authorization|cookie)s?$/.test(plainOf(key));
}

/** The last word of a key. */
export function lastWordOf(key: string): string {
  return (
    plainOf(key)
      .split(/[-_. ]+/)
      .at(-1) ?? ''
  );
}

function plainOf(key: string): string {
  return key.replaceAll(HUMP, '-').toLowerCase();
}

/** Texts that are credentials by their shape. The bounds keep a text that only begins so from being read again and again. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]{1,100}-----[\s\S]*?(-----END [A-Z0-9 ]{1,100}-----|$)/g, REDACTED],
  // A JSON Web Token, as service accounts have; its signature may be cut off.
  [/\beyJ[\w-]{8,400}\.[\w-]{8,}(\.[\w-]*)?/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // Of a URL with a password.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,1000}@/gi, `$1${REDACTED}@`],
  // Of the database of a program in Go.
  [/\b([\w.-]{1,100}:)[^\s:/@"']{1,1000}@(?=(?:tcp|unix)\()/g, `$1${REDACTED}@`],
  // What curl is given; two numbers are a user and a group.
  [/(?<=\s(?:-u|--user|--proxy-user)[ =]["']?[^\s:"']{1,100}:)(?!\d+\b)[^\s"']{1,1000}/g, REDACTED],
  [/\b(AKIA|ASIA|LTAI|AIza|hvs\.|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-)[\w-]{10,}/g, REDACTED],
  // What signs a request to Baidu's cloud.
  [/\bbce-auth-v\d\/[^\s"'\\]+/g, REDACTED],
  // PEM in base64, as a kubeconfig has certificates and keys.
  [/\bLS0tLS1CRUdJTi[\w+/=]*/g, REDACTED],
];

/** The text without what is a credential by its shape. */
export function redactShapes(text: string): string {
  const clean = SHAPES.reduce((rest, [shape, mark]) => rest.replaceAll(shape, mark), text);
  return clean.includes(PEM_END) ? redactTails(clean) : clean;
}

const PEM_END = '-----END ';

/** The lines of a key whose beginning is not there: a log's end may begin in the middle of it. */
function redactTails(text: string): string {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const at = line.indexOf(PEM_END);
    if (at < 0) continue;
    // Within JSON its line feeds are escaped, and all of it is one line.
    const pieces = line.slice(0, at).split(/((?<!\\)\\+[nr])/);
    if (pieces.length > 1) {
      lines[index] = blotBack(pieces, pieces.length - 1, 2).join('') + line.slice(at);
    } else blotBack(lines, index - 1, 1);
  }
  return lines.join('\n');
}

/** Blots what can be lines of a key, from `last` back to the first that can be none. */
function blotBack(lines: string[], last: number, step: number): string[] {
  for (let index = last; index >= 0; index -= step) {
    const line = lines[index] ?? '';
    const clean = line === '' ? line : withoutBase64(line, index === last);
    if (clean === line && !(step === 2 && index === last)) break;
    lines[index] = clean;
  }
  return lines;
}

/** @param isLast the last line of a key may be as short as it likes, also where a journal has put something before it */
function withoutBase64(line: string, isLast: boolean): string {
  const from = line.trimEnd().lastIndexOf(' ') + 1;
  const isKey = /^[A-Za-z0-9+/=]+\s*$/.test(line.slice(from));
  return isKey && (isLast || from === 0 || line.length - from >= 40) ? line.slice(0, from) + REDACTED : line;
}
