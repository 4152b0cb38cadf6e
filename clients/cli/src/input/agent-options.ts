import type { CreateTaskInput } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../cli.error.js';
import { parseAgentKind } from './agent-kind.js';

export interface AgentOptions {
  readonly agent?: string;
  readonly agentVersion?: string;
  readonly agentArg?: readonly string[];
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
    .option('-m, --model <name>', 'model that it is to use')
    .option('--effort <word>', 'how much it is to think, in its own words')
    .option('--credential <name-or-id>', 'by which it reaches its model; not needed where only one fits');
}

/** @param command what stands behind `--`: a program as the agent */
export function agentOf(options: AgentOptions, command: readonly string[]): AgentInput | undefined {
  const { agent, agentVersion, agentArg, model, effort, credential } = options;
  if (command.length > 0) {
    if (agent !== undefined && agent !== 'COMMAND')
      throw usageError(`An agent of kind ${agent} has its own program: give --agent or a command, not both`);
    return { kind: 'COMMAND', command, credentialId: credential };
  }
  if (agent === undefined) {
    if ([agentVersion, agentArg, model, effort, credential].some((setting) => setting !== undefined))
      throw usageError('Settings of an agent need its kind', 'heddle run --agent CODEX --model NAME --prompt "Fix it"');
    return undefined;
  }
  return { kind: agent, version: agentVersion, args: agentArg, model, effort, credentialId: credential };
}

function collectWord(word: string, before: readonly string[] = []): readonly string[] {
  return [...before, word];
}
