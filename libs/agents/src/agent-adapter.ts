import type { AgentActivity, AgentSpec } from '@heddle/contracts';
import type { AgentReport, ModelUsageCount } from '@heddle/contracts/workflows';
import type { ModelEndpoint, TurnMode } from '@heddle/domain';

export type { TurnMode };

/** What an agent program can do; the platform asks, it never guesses by name. */
export interface AgentCapabilities {
  /** It takes messages into a turn that runs: files that come to be in `places.run` (`launching/steer-file.ts`). */
  readonly steers: boolean;
  /** A later turn can go on with the conversation of an earlier one. */
  readonly resumes: boolean;
  /** It can be asked for a plan before it edits. */
  readonly plans: boolean;
  /** Its output lines carry activity, and a record of how its turn ended. */
  readonly reportsActivity: boolean;
  /** Its output says how many tokens it used. */
  readonly reportsUsage: boolean;
  /** The usage that a resumed turn reports is that of the whole conversation so far, earlier turns included. */
  readonly usageIsCumulative: boolean;
  readonly choosesModel: boolean;
  readonly choosesEffort: boolean;
  /** It can be told of servers by the Model Context Protocol. */
  readonly takesMcpServers: boolean;
  /** It calls a model, so that it needs a credential. */
  readonly needsModel: boolean;
}

/** Where things are for the program that will run, inside its sandbox. */
export interface AgentPlaces {
  readonly workspace: string;
  readonly home: string;
  /** Directory of the platform's files, read-only for the agent. */
  readonly run: string;
  /** Directory that has the `node_modules` of the kind's program (`toolCommand` starts it); absent for a kind without one. */
  readonly tools?: string | undefined;
  /** The program Node. */
  readonly node: string;
  /** Directory that has the platform's own bridges to programs; absent where the box shows none. */
  readonly bridges?: string | undefined;
}

export interface TurnRequest {
  readonly agent: AgentSpec;
  /** Names of its servers by the Model Context Protocol that are the environment's: it may go without one that it turns out not to take. */
  readonly environmentServers?: readonly string[] | undefined;
  /** From 1. */
  readonly turn: number;
  readonly prompt: string;
  /** In the place of `prompt` where the conversation turns out to be lost; absent where there is none. */
  readonly promptAfresh?: string | undefined;
  /** What holds for the whole task, for the file that the program reads by itself beside those of the repository. */
  readonly instructions?: string | undefined;
  readonly mode: TurnMode;
  /** Of the turn before, where the agent resumes and there was one. */
  readonly conversationId?: string | undefined;
  /** Where its model is. The credential is put on outside: whatever the program sends as its key is replaced. */
  readonly model?: ModelEndpoint | undefined;
  /** The environment's variables; the adapter's own outrank them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly places: AgentPlaces;
}

/** A file that the platform puts into `places.run` before the program starts. */
export interface PlatformFile {
  /** A plain name without a slash. */
  readonly name: string;
  readonly content: string;
}

export interface AgentLaunch {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly PlatformFile[];
}

/** An activity as a line tells it; numbers, time and turn are the log's. */
export type ReadActivity = Omit<AgentActivity, 'sequence' | 'time' | 'turn' | 'lineSequence'>;

/** Reads the standard output of one run of the program, line after line; its state is that of the run so far. */
export interface ActivityReader {
  /** Empty for what means nothing, which is kept as a plain line of the log. Never throws, whatever the line is. */
  read(line: string): readonly ReadActivity[];
}

/** How the program ended, as the platform saw it. */
export interface TurnExit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** What a reader has to know of the run besides its lines. */
export interface ReadContext {
  /** The work tree as the program sees it. */
  readonly workspace: string;
  readonly mode: TurnMode;
}

export interface TurnReader extends ActivityReader {
  /** True once the agent's protocol has said that its turn is over: the program has nothing left to do. */
  readonly isOver: boolean;
  /** What the run has used of models, as far as its lines tell it by now: one for each model. */
  readonly usage: readonly ModelUsageCount[];
  /** What all lines together say of the turn. */
  report(exit: TurnExit): AgentReport;
}

/** One kind of agent. Adapters are pure: they start nothing and touch no file. */
export interface AgentAdapter {
  /** UPPER_SNAKE, as in `agent.kind` of the API. */
  readonly kind: string;
  readonly capabilities: AgentCapabilities;
  /** Files and directories of its home that make its conversation, relative to it; empty where it does not resume. */
  readonly conversation: readonly string[];
  /** FIELD_INVALID for a specification that this kind can't run. */
  validate(agent: AgentSpec): void;
  launch(request: TurnRequest): AgentLaunch;
  /** For one run of the program; undefined where its output is plain text and only its exit code counts. */
  reader(context: ReadContext): TurnReader | undefined;
}
