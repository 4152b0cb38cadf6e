import { HeddleApiError, HeddleConfigError, HeddleConnectionError, type FieldViolation } from '@heddle/sdk';
import { CliError } from './cli.error.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { shortId } from './output/short-id.js';

export interface ErrorReport {
  readonly exitCode: ExitCode;
  readonly reason: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly violations?: readonly FieldViolation[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What to do about a refusal, by its reason. */
const HINTS: Readonly<Record<string, string>> = {
  TOKEN_MISSING: 'Set HEDDLE_TOKEN. The admin token of a local platform is in run.json of its data directory.',
  TOKEN_INVALID:
    'Check HEDDLE_TOKEN: it must be of the platform at HEDDLE_URL, or of the local one where that is not set. The admin token of a local platform is in run.json of its data directory.',
  APPROVAL_MISSING: 'Approve it first: heddle approve <change>',
  CHECKS_NOT_GREEN: 'See which check is red: heddle checks <change>',
  CHANGE_EMPTY: 'See why: heddle attempt show <change>, heddle logs <change>',
  CHANGE_MOVED: 'Look at it again (heddle diff <change>) and decide on what is there now.',
  CHANGE_PARTIAL: 'Its attempt did not end well, so it can be read but not landed.',
  LANDING_EXISTS: 'See how far it is: heddle landing ls',
  ALREADY_LANDED: 'Of a task one attempt lands on a branch. What landed: heddle landing ls',
  SANDBOX_NOT_KEPT:
    'Have sandboxes kept from now on: "keepDuration": "7200s" in the environment (heddle environment update <name> --file …), then run the task again.',
  ATTEMPT_NOT_ENDED: 'Wait for its end (heddle watch <batch>) or stop it: heddle cancel <attempt>',
  REF_NOT_FOUND: 'Give a branch, a tag or a commit of the repository with --ref.',
  BUDGET_EXHAUSTED: 'See whose it is, and raise it: heddle budget show <attempt>, heddle budget raise --help',
  REPOSITORY_NOT_FOUND: 'See what is registered: heddle repo ls',
};

/** With the id that was refused in the place of what stands for it, so that it can be run as it is. */
function hintOf(reason: string, { id, planVersion }: Readonly<Record<string, string>>): string | undefined {
  const hint = planVersion === undefined ? HINTS[reason] : 'Look at it again: heddle plan show <attempt>';
  return id === undefined || id === '' ? hint : hint?.replace(/<(change|attempt)>/g, shortId(id));
}

function hintOfField(violations: readonly FieldViolation[]): string | undefined {
  return violations.some(({ field, description }) => /\bagent$/.test(field) && description.startsWith('is required'))
    ? 'Name one: --agent KIND, or a program and its arguments behind --. Kinds: heddle status'
    : undefined;
}

export function describeError(error: unknown): ErrorReport {
  if (CliError.is(error)) {
    return { exitCode: error.exitCode, reason: error.reason, message: error.message, hint: error.hint };
  }
  if (HeddleApiError.is(error)) {
    const { reason, message, violations, metadata } = error;
    const exitCode = reason === 'FIELD_INVALID' ? EXIT.usage : EXIT.refused;
    const hint = hintOf(reason, metadata) ?? hintOfField(violations);
    return { exitCode, reason, message, violations, metadata, hint };
  }
  if (HeddleConnectionError.is(error)) {
    const hint = 'Is the platform running? Start it with "npm start", or check HEDDLE_URL.';
    return { exitCode: EXIT.unreachable, reason: error.failure, message: error.message, hint };
  }
  if (HeddleConfigError.is(error)) {
    const exitCode = error.reason === 'URL_INVALID' ? EXIT.usage : EXIT.unreachable;
    return { exitCode, reason: error.reason, message: error.message };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: EXIT.fault, reason: 'FAULT', message };
}
