import type {
  Attempt,
  Batch,
  Change,
  CheckResult,
  Comment,
  Credential,
  EgressRequest,
  FileDiff,
  Environment,
  EnvironmentSecret,
  Landing,
  LandingQueue,
  OverlapPair,
  Reconciliation,
  Task,
} from '@heddle/sdk';

/** Resources as a server gives them, with ids that look like real ones; each field may be set by the test. */
export const IDS = {
  batch: '019ab000-0000-7000-8000-0000000ba7c4',
  task: (n: number): string => `019ab000-0000-7000-8000-00000007a50${String(n)}`,
  attempt: (n: number): string => `019ab000-0000-7000-8000-00000a77e90${String(n)}`,
  change: (n: number): string => `019ab000-0000-7000-8000-0000000c4a0${String(n)}`,
  comment: (n: number): string => `019ab000-0000-7000-8000-000000c03e0${String(n)}`,
  landing: (n: number): string => `019ab000-0000-7000-8000-000001a4d10${String(n)}`,
  repository: '019ab000-0000-7000-8000-000000000e90',
  reconciliation: '019ab000-0000-7000-8000-000000004ec0',
  environment: '019ab000-0000-7000-8000-00000000e4f1',
  credential: '019ab000-0000-7000-8000-00000000c4ed',
};

export const NOW = new Date('2026-05-04T10:00:30Z');

export function environment(fields: Partial<Environment> = {}): Environment {
  return {
    id: IDS.environment,
    name: 'node',
    version: 2,
    variables: {},
    checks: [],
    createTime: '2026-05-04T10:00:00Z',
    revision: '5',
    etag: '5',
    maintenance: '',
    driver: '',
    testFiles: [],
    testCommand: [],
    testLoadCommand: [],
    forbiddenPaths: [],
    tellOverlaps: false,
    ...fields,
  };
}

export function secret(fields: Partial<EnvironmentSecret> = {}): EnvironmentSecret {
  return {
    environmentId: IDS.environment,
    name: 'NPM_TOKEN',
    kind: 'SETUP',
    hosts: [],
    methods: [],
    pathPrefix: '',
    header: '',
    format: '',
    createTime: '2026-05-04T10:00:00Z',
    updateTime: '2026-05-04T10:00:00Z',
    ...fields,
  };
}

export function credential(fields: Partial<Credential> = {}): Credential {
  return {
    id: IDS.credential,
    name: 'team-key',
    kind: 'MODEL',
    provider: 'OPENAI',
    baseUrl: 'https://api.openai.com/v1',
    maxConcurrentAttempts: 0,
    createTime: '2026-05-04T10:00:00Z',
    updateTime: '2026-05-04T10:00:00Z',
    etag: '3',
    revision: '3',
    ...fields,
  };
}

export function egressRequest(fields: Partial<EgressRequest> = {}): EgressRequest {
  return {
    sequence: '1',
    time: '2026-05-04T10:00:10Z',
    phase: 'AGENT',
    host: 'api.example',
    port: 443,
    method: '',
    path: '',
    verdict: 'ALLOWED',
    reason: '',
    bytesSent: '120',
    bytesReceived: '4096',
    status: 0,
    ...fields,
  };
}

export function attempt(n: number, fields: Partial<Attempt> = {}): Attempt {
  return {
    id: IDS.attempt(n),
    taskId: IDS.task(n),
    batchId: IDS.batch,
    repositoryId: IDS.repository,
    attemptNumber: 1,
    state: 'RUNNING',
    statusDetail: '',
    reviewState: 'PENDING',
    landingState: 'NONE',
    restartCount: 0,
    createTime: '2026-05-04T10:00:00Z',
    startTime: '2026-05-04T10:00:01Z',
    traceId: '',
    environmentVersion: 1,
    revision: '3',
    activitySummary: '',
    answer: '',
    variant: '',
    turn: 1,
    ...fields,
  };
}

export function task(n: number, fields: Partial<Task> = {}): Task {
  return {
    id: IDS.task(n),
    batchId: IDS.batch,
    repositoryId: IDS.repository,
    title: `Task number ${String(n)}`,
    prompt: 'Do it.',
    mode: 'CODE',
    checks: [],
    acceptance: [],
    declaredPaths: [],
    variants: [],
    earlyStop: false,
    state: 'RUNNING',
    statusDetail: '',
    attempts: [attempt(n)],
    createTime: '2026-05-04T10:00:00Z',
    revision: '2',
    ...fields,
  };
}

export function batch(fields: Partial<Batch> = {}): Batch {
  return {
    id: IDS.batch,
    repositoryId: IDS.repository,
    ref: 'main',
    baseCommit: '0123456789abcdef0123456789abcdef01234567',
    environmentId: '',
    environmentVersion: 1,
    brief: '',
    labels: {},
    priority: 3,
    state: 'RUNNING',
    statusDetail: '',
    attemptCounts: { RUNNING: 2 },
    tasks: [task(1), task(2)],
    createTime: '2026-05-04T10:00:00Z',
    revision: '4',
    ...fields,
  };
}

export function check(fields: Partial<CheckResult> = {}): CheckResult {
  return {
    name: 'unit',
    state: 'PASSED',
    exitCode: 0,
    duration: '1.2s',
    treeId: '',
    environmentVersion: 1,
    layerId: '',
    flaky: false,
    advisory: false,
    statusDetail: '',
    ...fields,
  };
}

export function change(n: number, fields: Partial<Change> = {}): Change {
  return {
    id: IDS.change(n),
    attemptId: IDS.attempt(n),
    taskId: IDS.task(n),
    batchId: IDS.batch,
    repositoryId: IDS.repository,
    title: `Task number ${String(n)}`,
    baseCommit: '0123456789abcdef0123456789abcdef01234567',
    headCommit: 'fedcba9876543210fedcba9876543210fedcba98',
    treeId: '',
    ref: '',
    partial: false,
    empty: false,
    reviewState: 'PENDING',
    stats: { files: 2, additions: 10, deletions: 3 },
    files: [],
    checks: [check()],
    notices: [],
    createTime: '2026-05-04T10:00:20Z',
    updateTime: '2026-05-04T10:00:20Z',
    revision: '1',
    ...fields,
  };
}

export function overlapEvidence(
  fields: Partial<OverlapPair['evidence'][number]> = {},
): OverlapPair['evidence'][number] {
  return {
    level: 'TEXTUAL',
    path: 'src/cart.js',
    conflict: 'CONFLICT (contents)',
    entity: '',
    resource: '',
    detail: 'Merge conflict in src/cart.js',
    otherPath: '',
    check: '',
    ...fields,
  };
}

/** A comment that begins a thread about line 2 of `src/cart.js`. */
export function comment(n: number, fields: Partial<Comment> = {}): Comment {
  return {
    id: IDS.comment(n),
    changeId: IDS.change(1),
    batchId: IDS.batch,
    threadId: IDS.comment(n),
    text: 'Why?',
    principal: 'ada',
    state: 'OPEN',
    anchor: {
      headCommit: 'fedcba9876543210fedcba9876543210fedcba98',
      path: 'src/cart.js',
      side: 'NEW',
      startLine: 2,
      endLine: 2,
      quote: 'const total = 2;',
    },
    position: { state: 'CURRENT', path: 'src/cart.js', startLine: 2, endLine: 2 },
    resolver: '',
    deleted: false,
    createTime: '2026-05-04T09:55:00Z',
    updateTime: '2026-05-04T09:55:00Z',
    etag: '1',
    revision: '1',
    ...fields,
  };
}

/** `src/cart.js`, whose second line of three is another one. */
export function fileDiff(fields: Partial<FileDiff> = {}): FileDiff {
  const line = (kind: 'CONTEXT' | 'ADDED' | 'REMOVED', text: string) => ({
    kind,
    text,
    moved: false,
    withoutNewline: false,
  });
  return {
    file: {
      path: 'src/cart.js',
      status: 'MODIFIED',
      additions: 1,
      deletions: 1,
      binary: false,
      mode: '100644',
      oldMode: '100644',
    },
    patch: '@@ -1,3 +1,3 @@\n one\n-const total = 1;\n+const total = 2;\n three\n',
    tooLarge: false,
    hunks: [
      {
        oldStart: 1,
        oldLines: 3,
        newStart: 1,
        newLines: 3,
        section: 'cart()',
        lines: [
          line('CONTEXT', 'one'),
          line('REMOVED', 'const total = 1;'),
          line('ADDED', 'const total = 2;'),
          line('CONTEXT', 'three'),
        ],
      },
    ],
    ...fields,
  };
}

export function overlap(fields: Partial<OverlapPair> = {}): OverlapPair {
  return {
    attemptIds: [IDS.attempt(1), IDS.attempt(2)],
    changeIds: [IDS.change(1), IDS.change(2)],
    basis: 'EXACT',
    level: 'TEXTUAL',
    duplicate: false,
    paths: ['src/cart.js'],
    evidence: [overlapEvidence()],
    together: 'NOT_ASKED',
    trialIds: [],
    ...fields,
  };
}

export function landing(n: number, fields: Partial<Landing> = {}): Landing {
  return {
    id: IDS.landing(n),
    title: `Task number ${String(n)}`,
    changeId: IDS.change(n),
    attemptId: IDS.attempt(n),
    taskId: IDS.task(n),
    repositoryId: IDS.repository,
    queueId: '',
    state: 'LANDED',
    targetBranch: 'main',
    headCommit: 'fedcba9876543210fedcba9876543210fedcba98',
    landedCommit: 'aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd',
    reason: '',
    message: '',
    conflictPaths: [],
    checks: [check()],
    style: 'MERGE',
    delivery: 'PUSH',
    priority: 3,
    createTime: '2026-05-04T10:00:25Z',
    revision: '5',
    ...fields,
  };
}

export function reconciliation(fields: Partial<Reconciliation> = {}): Reconciliation {
  const input = (n: number): Reconciliation['inputs'][number] => ({
    changeId: IDS.change(n),
    attemptId: IDS.attempt(n),
    taskId: IDS.task(n),
    title: `Task ${String(n)}`,
    headCommit: 'a'.repeat(40),
    merged: true,
    conflicts: [],
    paths: [],
  });
  return {
    id: IDS.reconciliation,
    repositoryId: IDS.repository,
    targetBranch: 'main',
    baseCommit: 'b'.repeat(40),
    state: 'RUNNING',
    reason: '',
    message: '',
    step: 'MERGE',
    inputs: [input(1), input(2)],
    instructions: '',
    taskId: IDS.task(3),
    attemptId: IDS.attempt(3),
    createTime: '2026-05-04T10:00:00Z',
    revision: '2',
    notes: [],
    ...fields,
  };
}

export function landingQueue(fields: Partial<LandingQueue> = {}): LandingQueue {
  return {
    id: '019ab000-0000-7000-8000-0000000e0e01',
    repositoryId: IDS.repository,
    branch: 'main',
    state: 'ACTIVE',
    reason: '',
    message: '',
    pausedBy: '',
    windowMax: 16,
    batchMax: 1,
    retryFlakes: true,
    style: 'MERGE',
    delivery: 'PUSH',
    returnToAuthor: false,
    reconcileEjected: false,
    roundsMax: 3,
    landedChecks: 50,
    waitingCount: 2,
    createTime: '2026-05-04T10:00:00Z',
    updateTime: '2026-05-04T10:00:00Z',
    etag: '1',
    revision: '1',
    ...fields,
  };
}
