/**
 * What is in a release, as CycloneDX 1.6. `npm sbom` would list what is installed: tools, packages of which the bundles have nothing,
 * and no Bun, which is most of an executable.
 */

/**
 * @param packages what findBundled found
 * @param runtime name, version, licence and integrity of Bun, as the lock file has them
 * @param revision the commit; null if unknown
 * @returns the document; the same of the same
 */
export function createSbom({ packages, runtime, revision }) {
  const [enim, ...others] = packages;
  const refs = new Map(packages.map(({ path, name, version }) => [path, purl({ name, version })]));
  // A package may be installed in several places.
  const libraries = [...new Map(others.map((each) => [purl(each), each])).values()];
  const usedBy = ({ uses }) => uses.map((use) => refs.get(use));
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(revision && { timestamp: revision.date }),
      component: { ...component('application', enim), properties: properties(revision) },
    },
    components: [component('platform', runtime), ...libraries.map((each) => component('library', each))],
    dependencies: [
      { ref: purl(enim), dependsOn: [purl(runtime), ...usedBy(enim)] },
      { ref: purl(runtime), dependsOn: [] },
      ...libraries.map((each) => ({ ref: purl(each), dependsOn: usedBy(each) })),
    ],
  };
}

function component(type, { name, version, license, integrity }) {
  const ref = purl({ name, version });
  const [, scope, bare] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  return {
    type,
    'bom-ref': ref,
    ...(scope && { group: scope }),
    name: bare,
    version,
    ...(integrity && { hashes: [hash(integrity)] }),
    ...(license && { licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }] }),
    purl: ref,
  };
}

/** The hash of the package as the registry has it; in a lock file it is in base64. */
function hash(integrity) {
  const [, algorithm, value] = /^sha(\d+)-(.+)$/.exec(integrity);
  return { alg: `SHA-${algorithm}`, content: Buffer.from(value, 'base64').toString('hex') };
}

function purl({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function properties(revision) {
  if (revision === null) return [];
  return Object.entries(revision).map(([name, value]) => ({ name: `enim:${name}`, value: `${value}` }));
}
