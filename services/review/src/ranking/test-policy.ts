import type { SandboxSpec } from '@heddle/contracts/internal';
import { pathGlob } from '@heddle/sandbox';

/** What an environment says of its repository's tests. Paths are bytes as latin1. */
export interface TestPolicy {
  readonly isTest: (path: string) => boolean;
  /** No change of an attempt may touch it. */
  readonly isForbidden: (path: string) => boolean;
  /** How single tests are run; undefined where the environment does not say. */
  readonly run: TestRun | undefined;
}

export interface TestRun {
  /** One argument is `{files}`. */
  readonly command: readonly string[];
  /** Empty: whether a test loads can't be told. */
  readonly loadCommand: readonly string[];
}

/** Where the environment names none: what tests are called in most repositories. */
const USUAL_TESTS = [
  '*.test.*',
  '*.spec.*',
  '*_test.*',
  '*_spec.*',
  'test_*.py',
  '*Test.java',
  '**/test/**',
  '**/tests/**',
  '**/__tests__/**',
  '**/spec/**',
];

type TestFields = Pick<SandboxSpec, 'testFiles' | 'testCommand' | 'testLoadCommand' | 'forbiddenPaths'>;

export function testPolicy(spec: TestFields): TestPolicy {
  const tests = (spec.testFiles.length === 0 ? USUAL_TESTS : spec.testFiles).map(pathGlob);
  const forbidden = spec.forbiddenPaths.map(pathGlob);
  const canRun = spec.testFiles.length > 0 && spec.testCommand.length > 0;
  return {
    isTest: (path) => tests.some((matches) => matches(path)),
    isForbidden: (path) => forbidden.some((matches) => matches(path)),
    run: canRun ? { command: spec.testCommand, loadCommand: spec.testLoadCommand } : undefined,
  };
}
