/** Who may import whom inside the project; anything not named here is forbidden. */
const layers = {
  'lib/model': [],
  'lib/placement': ['lib/model'],
  'lib/planning': ['lib/placement', 'lib/model'],
  'lib/events': ['lib/model'],
  'lib/settings': ['lib/model'],
  'lib/ports': ['lib/model'],
  'lib/aws': ['lib/ports', 'lib/model'],
  'lib/store': ['lib/ports', 'lib/model'],
  'lib/telemetry': ['lib/ports', 'lib/model'],
  'lib/flows': ['lib/planning', 'lib/placement', 'lib/events', 'lib/settings', 'lib/model', 'lib/ports'],
  'lib/compose.ts': ['lib'],
  functions: ['lib/compose.ts', 'lib/flows', 'lib/events', 'lib/ports'],
  'simulator/kernel': [],
  'simulator/world': ['simulator/kernel'],
  'simulator/endpoint': ['simulator/world', 'simulator/kernel'],
  'simulator/workloads': ['simulator/world', 'simulator/kernel'],
  'simulator/score': ['simulator/world', 'simulator/kernel', 'simulator/workloads'],
  'simulator/baselines': ['simulator/world', 'simulator/kernel', 'simulator/workloads', 'simulator/score'],
  // Laws about plans judge them: they plan again, on the planned outcome and on shuffled input.
  'simulator/laws': [
    'simulator/world',
    'simulator/kernel',
    'simulator/score',
    'simulator/workloads',
    'lib/model',
    'lib/planning',
  ],
  'simulator/report': ['simulator/score', 'simulator/workloads'],
  'simulator/host': [
    'simulator/world',
    'simulator/kernel',
    'simulator/endpoint',
    'simulator/workloads',
    'simulator/score',
    'simulator/baselines',
    'simulator/laws',
    'lib/compose.ts',
    'lib/flows',
    'lib/events',
    'lib/settings',
    'lib/ports',
    'lib/model',
    // What the ports face shares with the adapters: how answers, refusals and launch sources are understood.
    'lib/aws',
    'functions',
    'deployment/wiring.ts',
    'deployment/event-rules.ts',
  ],
  deployment: ['lib/settings', 'lib/model'],
  cli: ['lib/compose.ts', 'lib/flows', 'lib/settings', 'simulator'],
};

const start = (layer) => (layer.endsWith('.ts') ? `^${layer.replace('.', '\\.')}$` : `^${layer}/`);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `layer-${layer}`,
      severity: 'error',
      from: { path: start(layer) },
      to: {
        path: '^(lib|functions|simulator|cli|deployment|bench|test|tools)/',
        pathNot: [layer, ...allowed].map(start),
      },
    })),
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'model, placement, planning, events and settings decide; they know no SDK and no I/O',
      from: { path: '^lib/(model|placement|planning|events|settings|ports)/' },
      to: { path: '^(node:|node_modules/(@aws|@middy|@smithy))', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^aws-lambda$' }, // types only: there is no such package to run
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs'],
    },
  },
};
