import type { CreateTaskInput } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../cli.error.js';
import { parseAgentKind } from './agent-kind.js';

export interface AgentOptions {
  readonly agent?: string;
  readonly agentVersion?: string;
  readonly agentArg?: readonly string[];
  readonly mcp?: NonNullable<AgentInput['mcpServers']>;
  readonly model?: string;
  readonly effort?: string;
  readonly credential?: string;
}

export type AgentInput = NonNullable<CreateTaskInput['agent']>;

/** The options by which a command names an agent. @param otherwise who it is without them */
export function withAgentOptions(command: Command, otherwise: string): Command {
  return command
    .option('-a, --agent <kind>', `kind of agent, for example CODEX; by default ${otherwise}`, parseAgentKind)
    .option('--agent-version <version>', 'version of its program; by default the newest that is installed')
    .option('--agent-arg <argument>', 'one more argument for it; may be given more than once', collectWord)
    .option(
      '--mcp <name=command-or-url>',
      'MCP server that it may use: a program in the sandbox, or https://…; may be given more than once',
      collectServer,
    )
    .option('-m, --model <name>', 'model that it is to use')
    .option('--effort <word>', 'how much it is to think, in its own words')
    .option('--credential <name-or-id>', 'by which it reaches its model; not needed where only one fits');
}

/** @param command what stands behind `--`: a program as the agent */
export function agentOf(options: AgentOptions, command: readonly string[]): AgentInput | undefined {
  const { agent, agentVersion, agentArg, mcp, model, effort, credential } = options;
  if (command.length > 0) {
    if (agent !== undefined && agent !== 'COMMAND')
      throw usageError(`An agent of kind ${agent} has its own program: give --agent or a command, not both`);
    return { kind: 'COMMAND', command, credentialId: credential, mcpServers: mcp };
  }
  if (agent === undefined) {
    if ([agentVersion, agentArg, mcp, model, effort, credential].some((setting) => setting !== undefined))
      throw usageError('Settings of an agent need its kind', 'heddle run --agent CODEX --model NAME --prompt "Fix it"');
    return undefined;
  }
  const settings = { version: agentVersion, args: agentArg, model, effort, credentialId: credential };
  return { kind: agent, ...settings, mcpServers: mcp };
}

function collectWord(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}

/** `docs=https://…`, or words of a command with blanks between; a word with a blank in it needs a batch file. */
function collectServer(
  text: string,
  before: NonNullable<AgentInput['mcpServers']> = [],
): NonNullable<AgentInput['mcpServers']> {
  const [, name = '', where = ''] = /^([^=\s]+)=(.+)$/s.exec(text) ?? [];
  if (name === '')
    throw usageError(`--mcp ${text}: needs a name and what it is`, 'heddle run --mcp "notes=node tools/notes.mjs" …');
  const server = /^https?:\/\//.test(where) ? { name, url: where } : { name, command: where.trim().split(/\s+/) };
  return [...before, server];
}
