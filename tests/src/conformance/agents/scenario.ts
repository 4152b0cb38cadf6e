import type { AgentActivity, Attempt, Budget, Change, Plan, TaskSpecInput, Turn } from '@heddle/sdk';
import type { ScenarioInput } from '@heddle/testing/scripted-model';

export const KINDS = ['CODEX', 'CLAUDE_CODE', 'OPENCODE', 'GEMINI', 'ACP'] as const;
export type Kind = (typeof KINDS)[number];

export type Conversation = ScenarioInput['conversations'][number];

/** What came of one scenario with one agent. */
export interface Evidence {
  readonly attempt: Attempt;
  readonly change: Change | undefined;
  /** As it waited for approval. */
  readonly plan: Plan | undefined;
  readonly activities: readonly AgentActivity[];
  readonly turns: readonly Turn[];
}

/** A message to the attempt. */
export interface FollowUp {
  readonly text: string;
  /** Absent: it is sent when the attempt has ended. Else while its turn runs, once its agent has told that it made this file. */
  readonly whileRunning?: { readonly after: string; readonly delivery: 'INTERRUPT' | 'STEER' };
}

export interface Scenario {
  /** Its prompt begins with it, by which the model finds the script. */
  readonly name: string;
  /** A row of the table in docs/agents.md. */
  readonly title: string;
  readonly steps: Conversation['steps'];
  readonly whenDone?: Conversation['whenDone'];
  /** What its task may use. */
  readonly budget?: Budget;
  readonly mode?: TaskSpecInput['mode'];
  /** Of its agent. */
  readonly mcpServers?: NonNullable<TaskSpecInput['agent']>['mcpServers'];
  /** What is approved in place of its plan, and what the model does when it reads it. */
  readonly approve?: { readonly text: string; readonly steps: Conversation['steps'] };
  readonly followUp?: FollowUp;
  /** Scripts that the follow-up begins, found by the beginning of its text; without one it goes on in `steps`. */
  readonly furtherSteps?: Conversation['steps'];
  /** Ends an agent that would try for ever. */
  readonly idleSeconds?: number;
  /** Why an agent can't show it: the program's own way, in words for the table. */
  readonly gaps?: Partial<Record<Kind, string>>;
  /** What is wrong; empty: it is as it should be. */
  judge(evidence: Evidence): readonly string[];
}
