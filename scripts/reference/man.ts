/** The man pages: enim(1), one of each command, and enim(5) of the settings file. Pure. */
import { nameOf, typed } from './documents.js';
import { type Field, fieldsOf } from './fields.js';
import type { ArgManifest, CommandManifest, FlagManifest, Manifest } from './manifest.js';
import { bold, header, italic, paragraphs, running, section, tagged, verbatim } from './roff.js';
import type { Schema } from './schema.js';
import { boundedType, defaultOf, VARIABLES } from './settings.js';
import { toldOf } from './valibot.js';

/** What the pages are made of. */
export interface Manual {
  readonly manifest: Manifest;
  /** What the program is, in a sentence. */
  readonly description: string;
  /** What each exit code tells a script. */
  readonly exits: readonly (readonly [string, string])[];
  /** The shape of the settings file, with what is told of each key. */
  readonly settings: Schema;
}

const FILES = [
  ['/etc/enim/config.json', 'the settings: `enim(5)`'],
  ['/var/lib/enim', 'the state, the history and the cordon'],
  ['/run/enim', 'lock files, and the socket of the agent'],
] as const;

/** The pages by their file names. */
export function manPages(manual: Manual): Readonly<Record<string, string>> {
  const commands = Object.entries(manual.manifest.commands).filter(([, { hidden }]) => hidden !== true);
  return {
    'enim.1': programPage(manual, commands),
    'enim.5': settingsManual(manual),
    ...Object.fromEntries(commands.map(([id, command]) => [`${pageOf(id)}.1`, commandPage(manual, id, command)])),
  };
}

function pageOf(id: string): string {
  return `enim-${nameOf(id)}`;
}

function page(...parts: readonly string[]): string {
  return `${['.\\" Made by npm run reference.', ...parts].join('\n')}\n`;
}

function programPage(manual: Manual, commands: readonly (readonly [string, CommandManifest])[]): string {
  const { manifest, description } = manual;
  return page(
    header('enim', 1, manifest.version),
    section('name', `enim \\- ${running(lowered(description))}`),
    section('synopsis', `${bold('enim')} ${italic('COMMAND')} [${italic('ARGUMENTS')}] [${italic('FLAGS')}]`),
    section(
      'description',
      paragraphs(`${description}.

A container runtime calls the same program as its CNI plugin. Each command has a page of its own, which \`enim help COMMAND\` prints in short. With \`--json\` a command prints one JSON document.`),
    ),
    section(
      'commands',
      ...commands.map(([id, { summary = '' }]) => tagged(`${bold(pageOf(id))}(1)`, running(summary))),
    ),
    section('exit status', ...manual.exits.map(([code, meaning]) => tagged(bold(code), running(meaning)))),
    environment(),
    section('files', ...FILES.map(([path, what]) => tagged(bold(path), running(what)))),
    section('see also', `${bold('enim')}(5), ${bold('ip-link')}(8)`),
  );
}

function commandPage(manual: Manual, id: string, command: CommandManifest): string {
  const { summary = '', description = '', examples = [], args, flags } = command;
  const [own, common] = [false, true].map((isCommon) =>
    Object.values(flags).filter(({ hidden, helpGroup }) => hidden !== true && (helpGroup === 'GLOBAL') === isCommon),
  );
  return page(
    header(pageOf(id), 1, manual.manifest.version),
    section('name', `${pageOf(id).replaceAll('-', '\\-')} \\- ${running(lowered(summary))}`),
    section('synopsis', synopsis(id, command, own ?? [])),
    section('description', paragraphs(description === '' ? `${summary}.` : description)),
    ...(Object.keys(args).length === 0 ? [] : [section('arguments', ...Object.values(args).map(argument))]),
    ...(own?.length ? [section('options', ...own.map(option))] : []),
    section('global options', ...(common ?? []).map(option)),
    section('exit status', ...manual.exits.map(([code, meaning]) => tagged(bold(code), running(meaning)))),
    ...(examples.length === 0 ? [] : [section('examples', verbatim(examples.map(asTyped)))]),
    section('see also', `${bold('enim')}(1), ${bold('enim')}(5)`),
  );
}

function settingsManual({ manifest, settings }: Manual): string {
  return page(
    header('enim', 5, manifest.version),
    section('name', 'enim \\- the settings of a node'),
    section('synopsis', bold('/etc/enim/config.json')),
    section(
      'description',
      paragraphs(`A JSON file. One that does not exist means the defaults. A wrong value and an unknown key are refused by name; \`enim config set KEY VALUE\` never writes them, and \`enim doctor\` says whether it is right.

A flag wins over the file, the file over the environment.`),
    ),
    section('keys', ...fieldsOf(settings).map((field) => key(settings, field))),
    environment(),
    section(
      'examples',
      verbatim([
        '{ "static": { "discover": { "driver": "ena", "exclude": ["ens5"] } } }',
        '{ "provider": "kubernetes" }',
      ]),
    ),
    section('see also', `${bold('enim')}(1), ${bold('enim-config-set')}(1), ${bold('enim-provider-init')}(1)`),
  );
}

function key(root: Schema, field: Field): string {
  const { env, flag } = toldOf(field.schema);
  const facts = [
    `Type: ${boundedType(root, field)}.`,
    defaultOf(field) === 'required' ? 'Required.' : defaultOf(field) === '' ? '' : `Default: ${defaultOf(field)}.`,
    env === undefined ? '' : `Environment: \`${env}\`.`,
    flag === undefined ? '' : `Flag: \`${flag}\` of \`enim agent\`.`,
  ];
  const meaning = field.schema.description ?? '';
  return tagged(bold(field.path), running(`${meaning}.`), running(facts.filter((fact) => fact !== '').join(' ')));
}

function environment(): string {
  const lines = VARIABLES.map(({ name, meaning, unset }) => {
    return tagged(bold(name), running(`${meaning}. Not set: ${unset}.`));
  });
  return section('environment', ...lines);
}

function synopsis(id: string, { args }: CommandManifest, flags: readonly FlagManifest[]): string {
  const words = Object.values(args).map(({ name, required }) => {
    return required === true ? italic(name.toUpperCase()) : `[${italic(name.toUpperCase())}]`;
  });
  const options = flags.map((flag) => (flag.required === true ? spelled(flag) : `[${spelled(flag)}]`));
  return [bold(typed(id)), ...words, ...options].join(' ');
}

function spelled({ name, type, helpValue, multiple }: FlagManifest): string {
  const value = type === 'boolean' ? '' : ` ${italic(helpValue ?? name.toUpperCase())}`;
  return `${bold(`--${name}`)}${value}${multiple === true ? ' ...' : ''}`;
}

function argument({ name, description = '', options, default: value }: ArgManifest): string {
  return tagged(italic(name.toUpperCase()), running(sentence(description)), ...choices(options, value));
}

function option(flag: FlagManifest): string {
  const { char, description = '', options, default: value, env, dependsOn = [], exclusive = [] } = flag;
  const also = [
    ...(env === undefined ? [] : [`Environment: \`${env}\`.`]),
    ...(dependsOn.length === 0 ? [] : [`Needs ${dependsOn.map((name) => `\`--${name}\``).join(', ')}.`]),
    ...(exclusive.length === 0 ? [] : [`Goes not with ${exclusive.map((name) => `\`--${name}\``).join(', ')}.`]),
  ];
  const tag = char === undefined ? spelled(flag) : `${bold(`-${char}`)}, ${spelled(flag)}`;
  const facts = also.length === 0 ? [] : [running(also.join(' '))];
  return tagged(tag, running(sentence(description)), ...choices(options, value), ...facts);
}

function choices(options: readonly string[] | undefined, value: unknown): string[] {
  const words = [
    ...(options === undefined ? [] : [`One of ${options.map((each) => `\`${each}\``).join(', ')}.`]),
    ...(typeof value === 'string' || typeof value === 'number' ? [`Default: \`${value}\`.`] : []),
  ];
  return words.length === 0 ? [] : [running(words.join(' '))];
}

function asTyped(example: string): string {
  return example.replaceAll('<%= config.bin %>', 'enim').replace(/^\$ /, '');
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function lowered(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
