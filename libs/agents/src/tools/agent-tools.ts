/** The host that a program is installed for. */
export interface ToolHost {
  /** As `process.arch` has it. */
  readonly arch: string;
  readonly isMusl: boolean;
  /** x64 only: programs that are built for newer processors run. */
  readonly hasAvx2: boolean;
}

/** The program of a kind of agent, as npm has it. */
export interface AgentTool {
  /** As in `agent.kind` of the API. */
  readonly kind: string;
  /** Names its directories where they are lower case: in `deploy/agents` and inside of sandboxes. */
  readonly folder: string;
  readonly package: string;
  /** Its name in `node_modules/.bin`. */
  readonly program: string;
  /** The version that this release of Heddle was tried with; its lock file is in `deploy/agents`. */
  readonly pinned: string;
  /**
   * Where its program is not JavaScript: the packages that may hold the native one, the best first, and its path in them.
   * The package itself has a placeholder, which a script of it would replace; packages' scripts are not run.
   */
  readonly native?: { readonly path: string; packages(host: ToolHost): readonly string[] };
}

export const AGENT_TOOLS: readonly AgentTool[] = [
  { kind: 'CODEX', folder: 'codex', package: '@openai/codex', program: 'codex', pinned: '0.169.0' },
  {
    kind: 'CLAUDE_CODE',
    folder: 'claude-code',
    package: '@anthropic-ai/claude-code',
    program: 'claude',
    pinned: '2.1.330',
    native: {
      path: 'claude',
      packages: ({ arch, isMusl }) => [`@anthropic-ai/claude-code-linux-${arch}${isMusl ? '-musl' : ''}`],
    },
  },
  {
    kind: 'OPENCODE',
    folder: 'opencode',
    package: 'opencode-ai',
    program: 'opencode',
    pinned: '1.18.33',
    native: { path: 'bin/opencode', packages: opencodePackages },
  },
  { kind: 'GEMINI', folder: 'gemini', package: '@google/gemini-cli', program: 'gemini', pinned: '0.61.0' },
];

/** Asks every one of them for its version. */
export const VERSION_ARGUMENTS: readonly string[] = ['--version'];

/** Undefined for a kind whose program is not the platform's to bring: COMMAND, ACP. */
export function agentTool(kind: string): AgentTool | undefined {
  return AGENT_TOOLS.find((tool) => tool.kind === kind);
}

/**
 * How the program is started, without arguments of its own.
 * @param places `tools`: the directory that has its `node_modules`; `node`: the program Node
 */
export function toolCommand(
  { program, native }: AgentTool,
  { tools, node }: { readonly tools: string; readonly node: string },
): string[] {
  const path = `${tools}/node_modules/.bin/${program}`;
  // By its path, not by the first line of the script: whose Node would be first in PATH is the environment's matter.
  return native === undefined ? [node, path] : [path];
}

function opencodePackages({ arch, isMusl, hasAvx2 }: ToolHost): string[] {
  const base = `opencode-linux-${arch}`;
  const libc = isMusl ? '-musl' : '';
  if (arch !== 'x64') return [`${base}${libc}`];
  return hasAvx2 ? [`${base}${libc}`, `${base}-baseline${libc}`] : [`${base}-baseline${libc}`];
}
