import { posix } from 'node:path';
import type { AgentSpec } from '@heddle/contracts';
import type { AgentAdapter, AgentLaunch, TurnRequest } from '../agent-adapter.js';
import { fieldInvalid } from '@heddle/domain';
import { checkCommand } from '../launching/check-agent.js';
import { mcpServerFaults } from '../launching/check-mcp-servers.js';
import { modelVariables } from '../launching/model-address.js';
import { promptFile } from '../launching/prompt-file.js';

/** `exec` refuses a single variable of more than 128 KiB. */
const MAX_PROMPT_VARIABLE_BYTES = 96 * 1024;

/**
 * Any program: the prompt is in the file $HEDDLE_PROMPT_FILE and, up to 96 KiB, in $HEDDLE_PROMPT; exit code 0 means
 * that it did its work. What it prints is plain text. With a credential it finds its model at $HEDDLE_MODEL_BASE_URL.
 */
export class CommandAdapter implements AgentAdapter {
  readonly kind = 'COMMAND';
  readonly capabilities = {
    steers: false,
    resumes: false,
    plans: false,
    reportsActivity: false,
    reportsUsage: false,
    usageIsCumulative: false,
    choosesModel: false,
    choosesEffort: false,
    takesMcpServers: false,
    needsModel: false,
  } as const;
  readonly conversation: readonly string[] = [];

  validate(agent: AgentSpec): void {
    checkCommand(agent);
    const faults = mcpServerFaults(agent.mcpServers, false);
    if (faults.length > 0) throw fieldInvalid(faults);
  }

  launch({ agent, turn, prompt, variables, places, model }: TurnRequest): AgentLaunch {
    this.validate(agent);
    const file = promptFile(turn, prompt);
    const fits = Buffer.byteLength(prompt) <= MAX_PROMPT_VARIABLE_BYTES && !prompt.includes('\0');
    return {
      command: agent.command,
      environment: {
        ...variables,
        HEDDLE_PROMPT_FILE: posix.join(places.run, file.name),
        HEDDLE_TURN: String(turn),
        ...(fits ? { HEDDLE_PROMPT: prompt } : {}),
        ...modelVariables(model),
      },
      files: [file],
    };
  }

  reader(): undefined {
    return undefined;
  }
}
