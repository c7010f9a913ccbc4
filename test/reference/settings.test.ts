import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Field, fieldsOf, typeOf } from '../../scripts/reference/fields.js';
import { VARIABLES } from '../../scripts/reference/settings.js';
import { schemaOf, toldOf } from '../../scripts/reference/valibot.js';
import { Configuration } from '../../src/cni/configuration.js';
import { DEFAULTS, parseSettings, SettingsFile } from '../../src/config/schema.js';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/reference/settings.md'), 'utf8');
const settings = schemaOf(SettingsFile);
const fields = fieldsOf(settings);

/** Variables that are no settings: of the specification of CNI, of the system, of Kubernetes, and of our tests. */
const OF_OTHERS = /^(CNI_.*|PATH|SSH_CONNECTION|TERM|KUBERNETES_SERVICE_HOST|ENIM_FAILPOINT)$/;

describe('the reference of the settings', () => {
  it('says of every key what it means, and of which type it is', () => {
    for (const { path, schema } of [...fields, ...fieldsOf(schemaOf(Configuration)).filter(isOwn)]) {
      expect({ path, description: schema.description }).toEqual({ path, description: expect.stringMatching(/\w/) });
      expect({ path, type: typeOf(settings, schema) }).toEqual({ path, type: expect.not.stringMatching(/^anything$/) });
      expect(PAGE).toContain(`| \`${path}\` `);
    }
  });

  it('has the defaults that hold', () => {
    expect(parseSettings({})).toEqual({ settings: DEFAULTS });
    const defaults = fields.filter(({ schema }) => ['string', 'number'].includes(typeof schema.default));
    expect(defaults.length).toBeGreaterThan(4);
    for (const { path, schema } of defaults)
      expect({ path, value: at(DEFAULTS, path) }).toEqual({ path, value: schema.default });
  });

  it('has every environment variable that the source reads', () => {
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const text = sources.map((name) => readFileSync(join(ROOT, 'src', name), 'utf8')).join('\n');
    const read = [...text.matchAll(/\benv\??\.([A-Z][A-Z_]+)/g)].map(([, name = '']) => name);
    const own = [...new Set(read)].filter((name) => !OF_OTHERS.test(name)).sort();
    expect(own).toEqual(VARIABLES.map(({ name }) => name).sort());
    for (const { schema } of fields) {
      const { env } = toldOf(schema);
      if (env !== undefined) expect(own).toContain(env);
    }
  });

  it('names flags that there are', () => {
    const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, { flags: Record<string, unknown> }>;
    };
    const flags = new Set(
      Object.values(commands).flatMap((command) => Object.keys(command.flags).map((name) => `--${name}`)),
    );
    const named = [...fields.map(({ schema }) => toldOf(schema).flag), ...VARIABLES.map(({ flag }) => flag)];
    for (const flag of named) if (flag !== undefined) expect([...flags]).toContain(flag);
    expect(named.filter((flag) => flag !== undefined).length).toBeGreaterThan(4);
  });

  it('has the same keys that a wrong one is answered with', () => {
    const objects = [
      '',
      ...fields
        .filter(({ schema }) => schema.properties !== undefined || schema.items !== undefined)
        .map(({ path }) => path),
    ];
    for (const path of objects) {
      const keys = fields.map((each) => each.path).filter((each) => parentOf(each) === path.replace(/\[\]$/, ''));
      const result = parseSettings(withUnknown(path));
      const faults = 'faults' in result ? result.faults.map(({ fault }) => fault).join('; ') : '';
      const list = keys.map((each) => each.split('.').at(-1)).join(', ');
      expect({ path, faults }).toEqual({
        path,
        faults: expect.stringContaining(`is no known key; known here: ${list}`),
      });
    }
  });
});

/** Keys that the runtime or another plugin writes are described by the specification of CNI. */
function isOwn({ path }: Field): boolean {
  return !/^(dns|cni\.dev)/.test(path);
}

function at(document: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], document);
}

function parentOf(path: string): string {
  return path.split('.').slice(0, -1).join('.').replace(/\[\]$/, '');
}

/** Settings with an unknown key in the object at a path. */
function withUnknown(path: string): unknown {
  const keys = path === '' ? [] : path.split('.');
  return keys.reduceRight<unknown>((inner, key) => ({ [key.replace('[]', '')]: isList(key) ? [inner] : inner }), {
    zzzzzzzzzzzzzzzz: 1,
  });
}

function isList(key: string): boolean {
  return ['enis', 'routes'].includes(key.replace('[]', ''));
}
