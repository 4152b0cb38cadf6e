/** What an attempt must pass before it can be the best one; the first words of a list are the first to be told. */
export const RANKING_GATES = [
  'ATTEMPT_NOT_COMPLETED',
  'CHANGE_EMPTY',
  'CHANGE_PARTIAL',
  'SECRET_IN_CHANGE',
  'CHECKS_NOT_GREEN',
  'CONFLICT',
  'FORBIDDEN_PATH',
  'TEST_DELETED',
  'TEST_SKIPPED',
  'TEST_CHANGED',
] as const;
export type RankingGate = (typeof RANKING_GATES)[number];

export interface GateFailure {
  readonly reason: RankingGate;
  readonly message: string;
  readonly paths: readonly string[];
}

/** What is known of an attempt that has ended. */
export interface GateFacts {
  readonly attemptId: string;
  readonly isCompleted: boolean;
  /** Why it is not. */
  readonly statusDetail: string;
  /** Checks that are not advisory and did not pass on exactly its tree, in words. */
  readonly missingChecks: readonly string[];
  readonly change?: {
    readonly partial: boolean;
    readonly empty: boolean;
    readonly holdsSecret: boolean;
    /** Against the target branch as it is now. */
    readonly conflictPaths: readonly string[];
    /** Paths of the change that nobody may touch. */
    readonly forbidden: readonly string[];
    /** Tests of the base that the change took away, has skipped, or of which it took lines away. */
    readonly deletedTests: readonly string[];
    readonly skippedTests: readonly string[];
    readonly changedTests: readonly string[];
  };
}

const MAX_PATHS = 20;

/**
 * The gates that each attempt does not pass, in the order of RANKING_GATES. That an existing test was changed is held
 * against an attempt only where another one passes everything else and leaves that test alone: where all have to change it,
 * the task asks for it.
 */
export function judgeGates(attempts: readonly GateFacts[]): ReadonlyMap<string, readonly GateFailure[]> {
  const own = new Map(attempts.map((facts) => [facts.attemptId, ownGates(facts)]));
  const passing = attempts.filter(({ attemptId }) => own.get(attemptId)?.length === 0);
  return new Map(
    attempts.map((facts) => {
      const changed = (facts.change?.changedTests ?? []).filter((path) =>
        passing.some((other) => other !== facts && other.change?.changedTests.includes(path) === false),
      );
      const last =
        changed.length === 0
          ? []
          : [gate('TEST_CHANGED', 'changes tests that another attempt passes as they are', changed)];
      return [facts.attemptId, [...(own.get(facts.attemptId) ?? []), ...last]];
    }),
  );
}

function ownGates({ isCompleted, statusDetail, missingChecks, change }: GateFacts): GateFailure[] {
  const failures: GateFailure[] = [];
  const add = (isFault: boolean, ...failure: Parameters<typeof gate>): void => {
    if (isFault) failures.push(gate(...failure));
  };
  const listed = (reason: RankingGate, message: string, paths: readonly string[]): void => {
    add(paths.length > 0, reason, message, paths);
  };
  add(!isCompleted, 'ATTEMPT_NOT_COMPLETED', `did not complete${statusDetail === '' ? '' : `: ${statusDetail}`}`);
  if (change === undefined || change.empty) return [...failures, gate('CHANGE_EMPTY', 'changes nothing')];
  add(change.partial, 'CHANGE_PARTIAL', 'its last turn did not end well');
  add(change.holdsSecret, 'SECRET_IN_CHANGE', 'holds the value of a secret');
  add(missingChecks.length > 0, 'CHECKS_NOT_GREEN', `has not passed ${missingChecks.join(', ')}`);
  listed('CONFLICT', 'does not apply to the branch as it is now', change.conflictPaths);
  listed('FORBIDDEN_PATH', 'touches files that attempts leave alone', change.forbidden);
  listed('TEST_DELETED', 'deletes tests that were there', change.deletedTests);
  listed('TEST_SKIPPED', 'has tests skipped that were there', change.skippedTests);
  return failures;
}

function gate(reason: RankingGate, message: string, paths: readonly string[] = []): GateFailure {
  return { reason, message, paths: [...paths].sort().slice(0, MAX_PATHS) };
}
