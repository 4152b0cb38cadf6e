import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const NODE_BUILTINS = [
  'node:*',
  'fs',
  'path',
  'os',
  'crypto',
  'child_process',
  'net',
  'http',
  'https',
  'timers',
  'util',
];

/** Workflow code is replayed: whatever could differ between two runs must not be reachable from it. */
const WORKFLOW_BANS = [
  { group: NODE_BUILTINS, message: 'Workflow code is replayed and runs without Node: do this in an activity.' },
  {
    group: ['@nestjs/*', 'typeorm', 'pg', '@grpc/*', '@nats-io/*', 'pino'],
    message: 'Workflow code is bundled: services and their libraries cannot go with it.',
  },
  {
    group: ['@temporalio/client', '@temporalio/worker', '@temporalio/activity', '@temporalio/testing'],
    message: 'Only @temporalio/workflow works inside a workflow.',
  },
];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/fixtures/**',
      'libs/contracts/src/generated/**',
      '.heddle/**',
      '.nx/**',
      'examples/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      // Names in git may hold any byte: looking for control characters is the point.
      'no-control-regex': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Named exports only: a default export has no name to search for.',
        },
        {
          selector: 'ExportAllDeclaration',
          message: 'Name what a package exports: `export *` makes everything public.',
        },
      ],
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // NestJS modules are classes without members, and numbers in messages are no mistake.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // Leaves files with decorators alone: NestJS and TypeORM need imported classes as values.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // A handler may be asynchronous by its interface without waiting for anything.
      '@typescript-eslint/require-await': 'off',
      // `void promise` where nobody can wait, and arrows of one call, read well enough.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
    },
  },
  {
    files: ['**/*.{spec,int-spec,e2e-spec}.ts'],
    rules: {
      // What a test reads out of an answer is checked by its assertion.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['libs/workflows/src/**/*.ts'],
    // What stands on a real server is for specs; the bundle's entry does not reach it.
    ignores: ['**/*.spec.ts', '**/*.int-spec.ts', '**/testing/workflow-stage.ts'],
    rules: {
      'no-restricted-imports': 'off',
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: WORKFLOW_BANS }],
    },
  },
  {
    // Programs for a terminal.
    files: ['clients/cli/src/**', 'deploy/**', 'tests/driver/**', 'tests/src/bench/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{mjs,cjs,js}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'URL',
          'performance',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'fetch',
          'AbortSignal',
          'AbortController',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: { module: 'readonly', require: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    // Generated barrels name everything already.
    files: ['libs/contracts/src/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Their tools load a default export.
    files: ['*.config.{mjs,cjs,ts}', 'libs/testing/jest/**', 'tests/driver/**', 'clients/console/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
