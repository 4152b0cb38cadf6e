/** What the bridge is told, in a file of the platform's. */
export interface BridgeSettings {
  /** The agent's program and its arguments. */
  readonly command: readonly string[];
  readonly workspace: string;
  /** The file that holds the prompt. */
  readonly promptFile: string;
  /** The one for a new session in the place of `sessionId`, where that is lost. */
  readonly promptFileAfresh?: string | undefined;
  /** False: whatever asks for more than to look is refused. */
  readonly mayChange: boolean;
  /** Servers by the Model Context Protocol that it is to use. */
  readonly mcpServers: readonly BridgeServer[];
  /** One of the agent's ways to log in, where it wants to be told. */
  readonly authMethod?: string | undefined;
  /** The agent's session of the turn before, to go on with. */
  readonly sessionId?: string | undefined;
}

/** A program in the sandbox, or an address. */
export type BridgeServer = {
  readonly name: string;
  /** It was meant for any agent: one that does not take it goes without. */
  readonly mayLack?: boolean;
} & (
  | { readonly url: string }
  | {
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
);

/** A line that the bridge prints; `update`, `toolCall`, `usage` and `meta` are as the agent sent them. */
export type BridgeRecord =
  /** `resumes`: a later turn can go on with it; `lost`: it took the place of one that is, in the agent's words. */
  | {
      readonly type: 'session';
      readonly id: string;
      readonly agent: string;
      readonly resumes: boolean;
      readonly lost?: string;
    }
  /** One by HTTP that it goes without, since it takes none. */
  | { readonly type: 'without'; readonly server: string }
  | { readonly type: 'update'; readonly update: unknown }
  | { readonly type: 'permission'; readonly toolCall: unknown; readonly granted: boolean }
  | { readonly type: 'end'; readonly stopReason: string; readonly usage?: unknown; readonly meta?: unknown }
  /** The turn ended otherwise: by an answer of the agent that is an error, with its code, or because it is gone. */
  | { readonly type: 'failed'; readonly cause: 'ERROR' | 'GONE'; readonly message: string; readonly code?: number };
