import type { AgentSpec } from '@heddle/contracts';

/** What an agent program can do; the platform asks, it never guesses by name. */
export interface AgentCapabilities {
  /** It reads more than its first prompt from its standard input while it runs. */
  readonly acceptsInput: boolean;
  /** A later turn can go on with the conversation of an earlier one. */
  readonly resumes: boolean;
  /** It can be asked for a plan before it edits. */
  readonly plans: boolean;
  /** Its output lines carry activity (messages, commands, usage) beside plain text. */
  readonly reportsActivity: boolean;
}

/** Where things are for the program that will run, inside its sandbox. */
export interface AgentPlaces {
  readonly workspace: string;
  readonly home: string;
  /** Directory of the platform's files, read-only for the agent. */
  readonly run: string;
}

export interface TurnRequest {
  readonly agent: AgentSpec;
  /** From 1. */
  readonly turn: number;
  readonly prompt: string;
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

/** Something that the agent did, as its own structured output tells it. */
export interface AgentActivity {
  readonly type:
    'message' | 'reasoning' | 'command' | 'file_change' | 'tool_call' | 'plan' | 'question' | 'usage' | 'error';
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** How the program's end is to be read. Only the exit and the agent's own terminal record count, never free text. */
export interface TurnEnding {
  readonly exitCode: number | undefined;
  /** The agent's terminal activity record, if its protocol has one. */
  readonly terminal: AgentActivity | undefined;
}

/** One kind of agent. Adapters are pure: they start nothing and touch no file. */
export interface AgentAdapter {
  /** UPPER_SNAKE, as in `agent.kind` of the API. */
  readonly kind: string;
  readonly capabilities: AgentCapabilities;
  /** FIELD_INVALID for a specification that this kind can't run. */
  validate(agent: AgentSpec): void;
  launch(request: TurnRequest): AgentLaunch;
  /** The activity that a line of standard output stands for; undefined for plain text. */
  parseLine(line: string): AgentActivity | undefined;
  /** True if the turn did what the agent meant to do. */
  completed(ending: TurnEnding): boolean;
}
