/** The layers: imports point downwards only. commands, cni → manager → providers | store | link → model. */

const DRIVERS = '^src/(providers|store|link|ipam|install|host)/';

/** Packages that the CNI path must not even load: they cost more than its whole work. */
const HEAVY = '(^|/)node_modules/(@oclif|chalk|cli-table3|conf|ajv|yaml|@kubernetes|modern-tar|prom-client)/';

/** Packages that the program may contain; the others are tools. */
const LIBRARIES =
  '(^|/)node_modules/(@kubernetes/client-node|@oclif/core|@types/[^/]+|chalk|cli-table3|conf|leven|modern-tar|p-limit|prom-client|string-width|valibot|yaml)/';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A circle has no layer.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      severity: 'error',
      comment: 'What cannot be found cannot be checked. (bun:ffi is there only inside the executable.)',
      from: {},
      to: { couldNotResolve: true, pathNot: '^bun:' },
    },
    {
      name: 'orphan',
      severity: 'error',
      comment: 'Nothing uses it.',
      from: { orphan: true, pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'ground-level',
      severity: 'error',
      comment:
        'model, the starting of programs, durable files, failpoints and system calls know nothing of what is above them.',
      from: { path: '^src/(model/|(exec|child|directory|durable|failpoint|libc|flock|together)\\.ts$)' },
      to: {
        path: '^src/',
        pathNot: '^src/(model/|(exec|child|directory|durable|failpoint|libc|flock|together)\\.ts$)',
      },
    },
    {
      name: 'drivers-look-down',
      severity: 'error',
      comment:
        'A driver knows the model, how to start programs, durable files and system calls, and none of its siblings.',
      from: { path: '^src/(providers|store|link|ipam|install|host)/' },
      to: {
        path: '^src/',
        pathNot: '^src/($1/|model/|(exec|child|directory|durable|failpoint|libc|flock|together)\\.ts$)',
      },
    },
    {
      name: 'manager-takes-types',
      severity: 'error',
      comment: 'The manager is given its drivers; of them it imports types only, so that tests and compose/ choose.',
      from: { path: '^src/manager/' },
      to: { path: DRIVERS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'manager-looks-down',
      severity: 'error',
      comment: 'The manager is pure of faces, settings and effects.',
      from: { path: '^src/manager/' },
      to: { path: '^src/', pathNot: '^src/(manager|model|providers|store|link|host)/' },
    },
    {
      name: 'only-compose-names-drivers',
      severity: 'error',
      comment: 'compose/ has the composition roots; whoever else imports a driver takes its types only.',
      from: {
        path: '^src/',
        pathNot: '^src/(compose|providers|store|link|ipam|install|host|manager)/',
      },
      to: { path: DRIVERS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'settings-are-read-at-the-top',
      severity: 'error',
      comment: 'Settings are read once and passed down.',
      from: { path: '^src/', pathNot: '^src/(compose|agent|commands|cni|config)/' },
      to: { path: '^src/config/' },
    },
    {
      name: 'settings-look-down',
      severity: 'error',
      comment: 'Settings are data about the model.',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/((config|model)/|directory\\.ts$)' },
    },
    {
      name: 'rendering-is-for-commands',
      severity: 'error',
      comment: 'Tables and colour are for people.',
      from: { path: '^src/', pathNot: '^src/(commands|render)/' },
      to: { path: '^src/render/' },
    },
    {
      name: 'rendering-shows-values',
      severity: 'error',
      comment: 'Rendering turns values into text; it starts and reads nothing.',
      from: { path: '^src/render/' },
      to: { path: '^src/((commands|cni|config|compose)/|(exec|main)\\.ts$)' },
    },
    {
      name: 'metrics-look-down',
      severity: 'error',
      comment: 'Metrics are values that others have seen; whoever shows them names the library.',
      from: { path: '^src/metrics/' },
      to: { path: '^src/', pathNot: '^src/(metrics|manager|model)/' },
    },
    {
      name: 'bundles-look-down',
      severity: 'error',
      comment: 'A bundle is files with a manifest; what they say others know.',
      from: { path: '^src/bundle/' },
      to: { path: '^src/', pathNot: '^src/(bundle|model)/|^src/failpoint\\.ts$' },
    },
    {
      name: 'cluster-throws-none-of-ours',
      severity: 'error',
      comment: 'It is a bundle of its own, and classes of two bundles differ: an EnimError of it would be nobody’s.',
      from: { path: '^src/cluster/' },
      to: { path: '^src/', pathNot: '^src/cluster/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'faces-have-no-effects',
      severity: 'error',
      comment: 'Faces and the manager parse, decide and call; files and processes are the drivers’ work.',
      from: { path: '^src/(commands|cni|manager|render|model)/' },
      to: {
        path: '^(node:)?(fs|fs/promises|child_process)$|(^|/)node_modules/(execa|conf)/|^src/(exec|child|directory|durable|failpoint|libc|flock|together)\\.ts$',
      },
    },
    {
      name: 'faces-are-apart',
      severity: 'error',
      comment: 'The CNI plugin is no command.',
      from: { path: '^src/(cni|commands)/' },
      to: { path: '^src/(cni|commands)/', pathNot: '^src/$1/' },
    },
    {
      name: 'the-plugin-needs-no-agent',
      severity: 'error',
      comment: 'The agent does the work of the plugin, by its code; the plugin works where no agent runs.',
      from: { path: '^src/cni/' },
      to: { path: '^src/agent/' },
    },
    {
      name: 'the-agent-is-no-command',
      severity: 'error',
      comment: 'The command that starts the agent knows it, not the other way round.',
      from: { path: '^src/agent/' },
      to: { path: '^src/commands/' },
    },
    {
      name: 'nobody-imports-the-top',
      severity: 'error',
      comment: 'Only the faces put the parts together; main.ts is where it starts.',
      from: { path: '^src/', pathNot: '^src/(main\\.ts$|compose/|agent/|commands/|cni/)' },
      to: { path: '^src/(main\\.ts$|(compose|agent|commands|cni)/)' },
    },
    {
      name: 'composition-knows-no-face',
      severity: 'error',
      comment: 'What is put together does not know for whom.',
      from: { path: '^src/compose/' },
      to: { path: '^src/(main\\.ts$|(agent|commands|cni|render|metrics)/)' },
    },
    {
      name: 'hot-path-is-light',
      severity: 'error',
      comment: 'What an ADD of the CNI plugin runs through must never load these, however indirectly.',
      from: {
        path: '^src/(agent|cni|manager|providers|store|link|host|model)/|^src/((exec|child|directory|durable|libc|flock|together)|compose/context)\\.ts$',
      },
      to: { path: HEAVY, reachable: true },
    },
    {
      name: 'the-start-is-small',
      severity: 'error',
      comment:
        'It is loaded for every call. What does the work is in bundles of its own, and what goes to them is data.',
      from: { path: '^src/main\\.ts$' },
      to: {
        path: '^src/(cni/(?!version)|commands|compose|manager)|(^|/)node_modules/',
        dependencyTypesNot: ['type-only', 'type-import'],
      },
    },
    {
      name: 'only-libraries',
      severity: 'error',
      comment: 'What is imported gets into the bundles, and tools do not belong there. package.json lists both alike.',
      from: { path: '^(src|bin)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: LIBRARIES },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
