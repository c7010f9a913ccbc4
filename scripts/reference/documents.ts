/** Every JSON document of enim that has a schema: what the commands print with `--json`, and the files. */
import { FORMAT } from '../../src/bundle/manifest.js';
import { Configuration } from '../../src/cni/configuration.js';
import { SettingsFile } from '../../src/config/schema.js';
import { STATE_VERSION } from '../../src/store/schema.js';
import type { CommandManifest } from './manifest.js';
import { documentOf, type Heading, type Schema } from './schema.js';
import type { Shapes } from './types.js';
import { publish, schemaOf } from './valibot.js';

/** A document that has a schema. */
export interface Document extends Heading {
  /** The oclif ID of the command that prints it; null for what is no command's alone. */
  readonly command: string | null;
  readonly schema: Schema;
}

/** The command line of the command with an oclif ID. */
export function typed(id: string): string {
  return `enim ${id.replaceAll(':', ' ')}`;
}

/** The name of the schema of what a command prints. */
export function nameOf(id: string): string {
  return id.replaceAll(':', '-');
}

/** The commands that print something of their own, in the order of their names, then what else there is. */
export function documents(commands: Readonly<Record<string, CommandManifest>>, shapes: Shapes): readonly Document[] {
  const printed = Object.entries(commands)
    .filter(([, { hidden, flags }]) => hidden !== true && flags.json !== undefined)
    .filter(([id]) => shapes.ofCommand(id).not === undefined)
    .map(([id, { summary = '' }]) => {
      const heading = { name: nameOf(id), title: `${typed(id)} --json`, description: `${summary}.` };
      return complete(heading, shapes.ofCommand(id), id);
    });
  return [...printed, ...others(shapes), ...files(shapes)];
}

function complete(heading: Heading, body: Schema, command: string | null = null): Document {
  return { ...heading, command, schema: documentOf(heading, body) };
}

function others(shapes: Shapes): Document[] {
  return [
    complete(
      {
        name: 'error',
        title: 'An error of any command with --json',
        description: 'What is printed instead of the document when a command fails.',
      },
      shapes.ofType('src/render/failure.ts', 'FailureDocument'),
    ),
    complete(
      {
        name: 'list-watch',
        title: 'A line of enim list --watch --json',
        description: 'A change, as it happens; first each ENI as it is.',
      },
      shapes.ofType('src/manager/changes.ts', 'Change'),
      'list',
    ),
  ];
}

function files(shapes: Shapes): Document[] {
  const state = shapes.ofType('src/store/schema.ts', 'State');
  const bundle = shapes.ofType('src/bundle/manifest.ts', 'Manifest');
  return [
    complete(
      {
        name: 'settings-file',
        title: 'The settings file',
        description: '/etc/enim/config.json. Its checks go further than a schema can: no two ENIs may share a thing.',
      },
      publish(schemaOf(SettingsFile)),
    ),
    complete(
      {
        name: 'network-configuration',
        title: 'A plugin of type enim in a CNI network configuration list',
        description: 'As the plugin reads it: with name and cniVersion of its list. Unknown keys are ignored.',
      },
      publish(schemaOf(Configuration)),
    ),
    complete(
      {
        name: 'conflist',
        title: 'A CNI network configuration list with enim in it',
        description: 'A file of /etc/cni/net.d.',
      },
      conflist(),
    ),
    complete(
      {
        name: 'state-file',
        title: 'The state file',
        description: 'state.json. It is to be read, not to be written; an older enim refuses a newer version.',
      },
      { ...state, properties: { ...state.properties, version: { const: STATE_VERSION } } },
    ),
    complete(
      {
        name: 'history-event',
        title: 'An event of history.log',
        description:
          'A line of history.log is the CRC-32 of the rest in 8 hexadecimal digits, a space, and this document.',
      },
      shapes.ofType('src/model/history.ts', 'HistoryEvent'),
    ),
    complete(
      { name: 'cordon-file', title: 'The cordon file', description: 'cordon.json. Where it is, the node is cordoned.' },
      shapes.ofType('src/store/cordon.ts', 'CordonDocument'),
    ),
    complete(
      {
        name: 'bundle-manifest',
        title: 'The manifest of a support bundle',
        description: 'manifest.json in the archive. The other files are for `--from-bundle` of an enim that is as new.',
      },
      { ...bundle, properties: { ...bundle.properties, format: { ...bundle.properties?.format, const: FORMAT } } },
    ),
  ];
}

/** In a list the name and the version stand outside of the plugin. */
function conflist(): Schema {
  const { properties = {}, ...rest } = publish(schemaOf(Configuration));
  const { name = {}, cniVersion = {}, ...own } = properties;
  return {
    type: 'object',
    properties: {
      cniVersion,
      name,
      plugins: {
        type: 'array',
        items: {
          anyOf: [
            { $ref: '#/$defs/enim' },
            {
              type: 'object',
              properties: { type: { type: 'string', not: { const: 'enim' } } },
              required: ['type'],
              additionalProperties: true,
            },
          ],
        },
        minItems: 1,
      },
    },
    required: ['cniVersion', 'name', 'plugins'],
    additionalProperties: true,
    $defs: {
      enim: {
        ...rest,
        properties: { ...own, type: { const: 'enim' } },
        required: ['type'],
        additionalProperties: true,
      },
    },
  };
}
