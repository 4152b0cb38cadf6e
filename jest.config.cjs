// Which kind of test a file is stands in its name: `.spec.ts` is pure, `.int-spec.ts` uses real servers, git or
// bubblewrap, `.e2e-spec.ts` the whole system. Run by `node --experimental-vm-modules`: NestJS is ESM only.
const transform = {
  '^.+\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        target: 'es2022',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    },
  ],
};

const project = (displayName, pattern, more = {}) => ({
  displayName,
  rootDir: __dirname,
  roots: ['libs', 'services', 'clients', 'deploy', 'tests'].map((folder) => `<rootDir>/${folder}`),
  testMatch: [`**/*${pattern}`],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/fixtures/'],
  // Compiled packages have a package.json of their own name; they are no second copy of anything.
  modulePathIgnorePatterns: ['<rootDir>/.heddle/'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  setupFiles: ['<rootDir>/libs/testing/jest/setup.mjs'],
  ...more,
});

const withServers = {
  globalSetup: '<rootDir>/libs/testing/jest/global-setup.mjs',
  globalTeardown: '<rootDir>/libs/testing/jest/global-teardown.mjs',
  testEnvironment: '<rootDir>/libs/testing/jest/leak-checking-environment.mjs',
};

module.exports = {
  projects: [
    project('unit', '.spec.ts'),
    project('integration', '.int-spec.ts', withServers),
    project('e2e', '.e2e-spec.ts', withServers),
  ],
  // Bounds on waiting, not on speed: servers start and repositories are made on busy machines.
  testTimeout: 120_000,
};
