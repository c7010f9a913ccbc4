/** The page of all settings: the settings file, the network configuration, and the environment. Pure. */
import { type Field, fieldsOf, typeOf } from './fields.js';
import { code, MADE, table } from './markdown.js';
import type { Schema } from './schema.js';
import { toldOf } from './valibot.js';

/** The version that a key came with, unless it says another one. */
const FIRST_VERSION = '0.1.0';

/** An environment variable, and what counts where it is not set. */
interface Variable {
  readonly name: string;
  readonly meaning: string;
  readonly unset: string;
  readonly flag?: string;
}

/** What is no key of a file. Variables of the tests are none for users. */
export const VARIABLES: readonly Variable[] = [
  { name: 'ENIM_CONFIG', meaning: 'path of the settings', unset: code('/etc/enim/config.json'), flag: '--config' },
  { name: 'ENIM_STATE_DIR', meaning: 'directory of the state', unset: code('/var/lib/enim') },
  {
    ...{ name: 'ENIM_RUN_DIR', unset: code('/run/enim') },
    meaning: 'directory of lock files and of the agent’s socket; best on a tmpfs',
  },
  {
    ...{ name: 'NODE_NAME', unset: 'the host name' },
    meaning: 'name of this node in a cluster, where `kubernetes.nodeName` does not say it',
  },
  {
    ...{ name: 'KUBECONFIG', unset: 'none' },
    meaning: 'how to reach the cluster, where neither `kubernetes.kubeconfig` nor a pod’s service account says it',
  },
  { name: 'NO_COLOR', meaning: 'anything: no colour', unset: 'colour on a terminal' },
  { name: 'CI', meaning: 'anything: no line about what a command waits for', unset: 'one on a terminal' },
  { name: 'DEBUG', meaning: 'anything: the stack trace of an error', unset: 'none', flag: '--debug' },
];

export function settingsPage(settings: Schema, network: Schema): string {
  return `${[
    '# Settings, key by key',
    MADE,
    `The settings are a JSON file, \`/etc/enim/config.json\` unless \`--config\` or \`ENIM_CONFIG\` names another. One that does not exist means
the defaults. A wrong value and an unknown key are refused by name (\`INVALID_CONFIG\`); \`enim config set KEY VALUE\` never writes them.
Schema: [settings-file](schemas/settings-file.schema.json), which editors can use. A flag wins over the file, the file over the
environment. \`enim config get 'static.enis[0].mac'\` prints one value.`,
    '## The settings file',
    table(
      ['key', 'type', 'default', 'environment', 'flag', 'meaning', 'since'],
      fieldsOf(settings).map((field) => {
        const { env, flag, since = FIRST_VERSION } = toldOf(field.schema);
        const type = boundedType(settings, field);
        return [
          code(field.path),
          type,
          defaultOf(field),
          env ? code(env) : '',
          flag ? code(flag) : '',
          meaning(field),
          since,
        ];
      }),
    ),
    '## The network configuration',
    `Keys of the plugin in a file of \`/etc/cni/net.d\`. Unknown keys are ignored; for a path, a device or a MAC \`""\` and \`null\` are the
same as nothing. Schemas: [network-configuration](schemas/network-configuration.schema.json), as the plugin reads it, and
[conflist](schemas/conflist.schema.json).`,
    table(
      ['key', 'type', 'default', 'meaning'],
      fieldsOf(network)
        .filter(({ schema }) => schema.description !== undefined)
        .map((field) => [code(field.path), boundedType(network, field), defaultOf(field), meaning(field)]),
    ),
    '## The environment',
    table(
      ['variable', 'flag', 'not set', 'meaning'],
      VARIABLES.map(({ name, flag, unset, meaning }) => [code(name), flag ? code(flag) : '', unset, meaning]),
    ),
  ].join('\n\n')}\n`;
}

/** The type, with its bounds. */
export function boundedType(root: Schema, { schema }: Pick<Field, 'schema'>): string {
  const bounds = boundsOf(schema);
  const types = typeOf(root, schema)
    .replace(/`""` or | or `null`/g, '')
    .trim();
  return bounds === '' ? types : `${types}, ${bounds}`;
}

function boundsOf(schema: Schema): string {
  const { minimum, exclusiveMinimum, maximum, anyOf = [], type } = schema;
  const least = minimum ?? exclusiveMinimum;
  if (least !== undefined && maximum !== undefined) {
    return minimum === undefined ? `more than ${least}, at most ${maximum}` : `${least} to ${maximum}`;
  }
  if (type !== undefined) {
    const choices = anyOf.map((each) => ('const' in each ? String(each.const) : boundsOf(each)));
    return choices.join(', or ');
  }
  return anyOf.map(boundsOf).join('');
}

/** What holds where the key is left out. */
export function defaultOf({ schema, required }: Pick<Field, 'schema' | 'required'>): string {
  const { unset } = toldOf(schema);
  if (required) return 'required';
  if (unset !== undefined) return unset;
  const value = schema.default;
  return value === undefined || value === null || value === '' || isEmptyObject(value)
    ? ''
    : code(JSON.stringify(value));
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}

function meaning({ schema }: Field): string {
  return schema.description ?? '';
}
