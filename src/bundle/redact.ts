/**
 * Takes secrets out of what goes into a bundle: values whose key says that they are secret, and texts that look like credentials
 * wherever they stand. What is taken out leaves a mark, so that nobody takes it for what was there. Pure.
 */

/** What stands in the place of a secret. */
export const REDACTED = '<redacted>';

/** Words of a key, however they are joined (`client-key-data`, `clientKeyData`), that make its value a secret. */
const SECRET_KEY =
  /(^|[-_. ])(token|tokens|password|passwords|passwd|passphrase|pwd|secret|secrets|credential|credentials|authorization|cookie|bearer)($|[-_. ])|(client|private|api|access|secret|signing|encryption)[-_. ]?key([-_. ]?(data|id))?$|(client[-_. ]?certificate|certificate[-_. ]?authority)[-_. ]?data$/;

/** The same in the middle of a text: `password=…`, `"token": "…"`. */
const SECRET_WORD = 'tokens?|passwords?|passwd|passphrase|secrets?|credentials?|client[-_]?key(?:[-_]?data)?';
const ASSIGNMENT = new RegExp(
  `((?:\\b|[-_])(?:${SECRET_WORD}|(?:private|api|access|secret)[-_]?key(?:[-_]?id)?|(?:client[-_]?certificate|certificate[-_]?authority)[-_]?data)\\\\?["']?\\s*[=:]\\s*)(\\\\?"[^"\\n]*"|'[^'\\n]*'|[^\\s"',;&}]+)`,
  'gi',
);

/** Texts that are credentials by their shape. The bounds keep a text that only begins so from being read again and again. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(-----END [A-Z0-9 ]+-----|$)/g, REDACTED],
  // A JSON Web Token, as service accounts have; its signature may be cut off.
  [/\beyJ[\w-]{8,400}\.[\w-]{8,}(\.[\w-]*)?/g, REDACTED],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // Of a URL with a password.
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"']{1,1000}@/gi, `$1${REDACTED}@`],
  [/\b(AKIA|ASIA|LTAI|ghp_|gho_|ghs_|github_pat_|glpat-|xox[abp]-)[\w-]{10,}/g, REDACTED],
  // Of a command line.
  [new RegExp(`(--(?:${SECRET_WORD}|api[-_]?key)\\s+)[^\\s"'-][^\\s"']*`, 'gi'), `$1${REDACTED}`],
  // PEM in base64, as a kubeconfig has certificates and keys.
  [/\bLS0tLS1CRUdJTi[\w+/=]*/g, REDACTED],
];

/** The text without secrets. JSON stays JSON: its values are looked at one by one. */
export function redact(content: string): string {
  const json = parseJson(content);
  if (json === undefined) return redactText(content);
  const clean = redactValue(json);
  // What has no secrets stays as it is, to the byte.
  if (JSON.stringify(clean) === JSON.stringify(json)) return content;
  return `${JSON.stringify(clean, null, content.trimEnd().includes('\n') ? 2 : 0)}\n`;
}

/** A value without secrets; its shape stays. */
export function redactValue(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, isSecret(key) ? blot(each) : redactValue(each)]),
  );
}

/** Lines of JSON, as a log has them, are taken as JSON. */
function redactText(text: string): string {
  const isLines = /^\{.*\}$/m.test(text) && text.includes('\n');
  return isLines ? text.split('\n').map(redactLine).join('\n') : redactShapes(text);
}

function redactLine(line: string): string {
  const json = parseJson(line);
  if (json === undefined) return redactShapes(line);
  const clean = JSON.stringify(redactValue(json));
  return clean === JSON.stringify(json) ? line : clean;
}

function redactShapes(text: string): string {
  const shaped = SHAPES.reduce((clean, [shape, mark]) => clean.replaceAll(shape, mark), text);
  return shaped.replaceAll(ASSIGNMENT, (_, key: string, value: string) => {
    const quote = /^\\?["']/.exec(value)?.[0] ?? '';
    return `${key}${quote}${REDACTED}${quote}`;
  });
}

function isSecret(key: string): boolean {
  return SECRET_KEY.test(key.replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase());
}

/** Below a secret key every text is secret; a number is where the key names it, and not something around it. */
function blot(value: unknown): unknown {
  return typeof value === 'number' ? REDACTED : blotTexts(value);
}

function blotTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(blotTexts);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, blotTexts(each)]));
  return typeof value === 'string' && value !== '' ? REDACTED : value;
}

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
