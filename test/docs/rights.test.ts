import { expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { textOf } from './pages.js';

interface Role {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

it('docs/cluster.md has the rights of deploy/rbac.yaml, each with its verbs', () => {
  const { rules } = parse(textOf('deploy/rbac.yaml')) as Role;
  const granted = rules.flatMap(({ resources, verbs }) => resources.map((resource) => [resource, verbs] as const));
  const told = [...textOf('docs/cluster.md').matchAll(/^\| `([a-z/]+)`[^|]*\| (`[^|]*) \|/gm)].map(
    ([, resource = '', verbs = '']) => [resource, verbs.match(/\w+/g)] as const,
  );
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(granted));
});
