// Who may import whom. Each rule says why it is there; `tests/src/tooling/boundaries.int-spec.ts` shows that each one bites.
// Packages are found by their compiled types, so `dist` must not be excluded: edges between packages would vanish.

/** Paths are those of the checkout, or of the bad examples, which are laid out like it. */
const at = (path) => `^(?:tests/fixtures/boundaries/)?${path}`;
const SERVICES = ['gateway', 'scheduler', 'review', 'sandbox-runner'];
const PACKAGES = '(?:libs|services|clients|deploy|tests)/';
const SPECS = '\\.(?:spec|int-spec|e2e-spec)\\.[jt]s$';

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const otherServices = (name) => SERVICES.filter((other) => other !== name).join('|');

/** What a library may import of this repository, beside itself. */
const onlyLibs = (name, comment, from, allowed) =>
  forbid(
    name,
    comment,
    { path: at(from), pathNot: SPECS },
    { path: at(PACKAGES), pathNot: [at(from), ...allowed.map(at)] },
  );

module.exports = {
  forbidden: [
    ...SERVICES.map((name) =>
      forbid(
        `${name}-imports-no-other-service`,
        'Services are deployed alone and talk by gRPC, events and workflows only.',
        { path: at(`services/${name}/`) },
        { path: at(`services/(?:${otherServices(name)})/`) },
      ),
    ),
    forbid(
      'services-import-no-client',
      'Clients are users of the platform, not parts of it.',
      { path: at('services/') },
      { path: at('clients/') },
    ),
    forbid(
      'services-import-no-launcher',
      'A service does not know who starts it; in its tests it may.',
      { path: at('services/'), pathNot: SPECS },
      { path: at('deploy/') },
    ),
    onlyLibs('clients-use-the-public-api', 'A client is what any other team could write.', 'clients/', [
      'libs/contracts/',
      'libs/domain/',
    ]),
    onlyLibs('domain-is-pure', 'Pure algorithms, which service, workflow and client share.', 'libs/domain/', []),
    forbid(
      'domain-without-packages',
      'No clock, no I/O, no framework: then a rule can be tested by calling it.',
      { path: at('libs/domain/'), pathNot: SPECS },
      { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'core'] },
    ),
    onlyLibs(
      'contracts-know-nobody',
      'What is said between the parts must not depend on any part.',
      'libs/contracts/',
      ['libs/domain/'],
    ),
    onlyLibs('workflows-know-contracts-and-domain', 'Workflow code is bundled and replayed.', 'libs/workflows/', [
      'libs/contracts/',
      'libs/domain/',
    ]),
    forbid(
      'workflows-without-packages',
      'Anything else would end up in the bundle, and could differ in a replay.',
      { path: at('libs/workflows/src/'), pathNot: [SPECS, at('libs/workflows/src/testing/workflow-stage')] },
      {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'core'],
        pathNot: '@temporalio/(?:workflow|common)/',
      },
    ),
    forbid(
      'workflows-see-workflow-contracts-only',
      'The other entries of contracts bring gRPC and encoders into the bundle; their types cost nothing.',
      { path: at('libs/workflows/src/'), pathNot: SPECS },
      {
        path: at('libs/contracts/'),
        pathNot: at('libs/contracts/(?:dist|src)/workflows/'),
        dependencyTypesNot: ['type-only'],
      },
    ),
    ...['git', 'code', 'sandbox', 'egress', 'agents', 'platform'].map((name) =>
      onlyLibs(
        `${name}-imports-no-service`,
        'Dependencies point one way: services to libraries, libraries to contracts and domain.',
        `libs/${name}/`,
        name === 'sandbox'
          ? ['libs/contracts/', 'libs/domain/', 'libs/git/', 'libs/testing/']
          : ['libs/contracts/', 'libs/domain/', 'libs/testing/'],
      ),
    ),
    forbid(
      'testing-is-for-tests',
      'What helps tests must not be needed by the product.',
      {
        path: at('(?:libs|services|clients|deploy)/'),
        pathNot: [SPECS, at('libs/testing/'), '/(?:spec-support|testing)/'],
      },
      { path: at('libs/(?:testing/|sandbox/(?:dist|src)/testing/)') },
    ),
    forbid(
      'no-way-in-but-the-front-door',
      'What a package exports is its interface; a relative path into another package goes around it.',
      { path: at('(libs|services|clients)/([^/]+)/') },
      {
        path: at('(?:libs|services|clients)/'),
        pathNot: at('$1/$2/'),
        dependencyTypes: ['local'],
      },
    ),
    forbid(
      'no-cycles',
      'Files that need each other cannot be loaded one at a time; types cost nothing at run time.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'everything-resolves',
      'An import that is not found is an import that no other rule sees: build first.',
      {},
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: 'libs/contracts/src/generated/google/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
