import { matchesSegments, splitPattern } from '../approval/owner-pattern.js';
import { isCiDefinition } from '../approval/ci-definitions.js';

/** A file of a change, as far as triage looks at it. */
export interface TriagedFile {
  readonly path: string;
  readonly status: 'ADDED' | 'MODIFIED' | 'DELETED' | 'RENAMED' | 'TYPE_CHANGED';
  readonly additions: number;
  readonly deletions: number;
}

/** What a change's files say of the work that its review is. */
export interface DiffFacts {
  /** Changed lines that somebody has to read: without lock files and what is generated. */
  readonly lines: number;
  /** Files that have such lines. */
  readonly files: number;
  /** Bits: how evenly the lines are spread over directories. */
  readonly spread: number;
  /** The first of each kind, as an example; empty: none. */
  readonly criticalPath: string;
  readonly interfacePath: string;
  readonly dependencyPath: string;
  /** A test that was there is edited or removed. */
  readonly editedTest: string;
}

const UNREAD = patterns(
  'package-lock.json yarn.lock pnpm-lock.yaml bun.lock Cargo.lock poetry.lock uv.lock Pipfile.lock composer.lock Gemfile.lock go.sum flake.lock',
  '*.min.js *.min.css *.map *.snap *.pb.go *_pb2.py *.generated.* dist/ generated/ __generated__/ vendor/ node_modules/',
);
const CRITICAL = patterns(
  'auth/ authentication/ authorization/ security/ crypto/ payment/ payments/ billing/ migrations/ migration/ infra/ infrastructure/ terraform/ deploy/ helm/ k8s/',
  '*auth*.* *password* *secret* *permission* *.sql Dockerfile docker-compose*.yml *.tf',
);
const INTERFACE = patterns('*.proto openapi.* swagger.* *.graphql *.gql schema.* *.d.ts *.avsc');
const DEPENDENCY = patterns(
  'package.json Cargo.toml pyproject.toml requirements*.txt go.mod Gemfile pom.xml build.gradle build.gradle.kts composer.json',
);
const TEST = patterns(
  'test/ tests/ spec/ __tests__/ *.test.* *.spec.* *_test.* test_*.* *-spec.* *Test.java *Tests.java *Test.kt',
);

export function diffFacts(files: readonly TriagedFile[]): DiffFacts {
  const read = files.filter(({ path }) => !matches(UNREAD, path));
  const first = (is: (file: TriagedFile) => boolean): string => files.find(is)?.path ?? '';
  return {
    lines: sum(read.map(linesOf)),
    files: read.length,
    spread: spreadOf(read),
    criticalPath: first(({ path }) => isCiDefinition(path) || matches(CRITICAL, path)),
    interfacePath: first(({ path }) => matches(INTERFACE, path)),
    dependencyPath: first(({ path }) => matches(DEPENDENCY, path)),
    editedTest: first(
      ({ path, status, deletions }) =>
        matches(TEST, path) && status !== 'ADDED' && (status === 'DELETED' || deletions > 0),
    ),
  };
}

function linesOf({ additions, deletions }: TriagedFile): number {
  return additions + deletions;
}

/** Shannon's entropy of the lines over the directories that they are in. */
function spreadOf(files: readonly TriagedFile[]): number {
  const byDirectory = new Map<string, number>();
  for (const file of files) {
    const directory = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')));
    byDirectory.set(directory, (byDirectory.get(directory) ?? 0) + Math.max(1, linesOf(file)));
  }
  const weights = [...byDirectory.values()].sort((a, b) => a - b);
  const total = sum(weights);
  return Math.max(0, sum(weights.map((weight) => (-weight / total) * Math.log2(weight / total))));
}

function patterns(...lists: string[]) {
  return lists.flatMap((list) => list.split(' ')).flatMap((text) => splitPattern(text) ?? []);
}

function matches(list: ReturnType<typeof patterns>, path: string): boolean {
  const segments = path.split('/');
  return list.some((pattern) => matchesSegments(pattern, segments));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
