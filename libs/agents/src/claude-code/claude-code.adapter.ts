import { posix } from 'node:path';
import type { AgentSpec } from '@heddle/contracts';
import type { AgentAdapter, AgentLaunch, PlatformFile, ReadContext, TurnMode, TurnRequest } from '../agent-adapter.js';
import { checkAgent, checkTurn, type AgentRules } from '../launching/check-agent.js';
import { withoutPath } from '../launching/model-address.js';
import { PLACEHOLDER_KEY } from '../launching/placeholder-key.js';
import { byServerName } from '../launching/mcp-servers.js';
import { agentProgram } from '../launching/program.js';
import { instructionFiles, promptFile, withPrompt } from '../launching/prompt-file.js';
import { steerPrefix } from '../launching/steer-file.js';
import { CLAUDE_CODE_BRIDGE } from './claude-code-bridge.js';
import { ClaudeCodeReader } from './claude-code.reader.js';

const RULES: AgentRules = {
  options: {
    '--agent': 'value',
    '--agents': 'value',
    '--allowedTools': 'value',
    '--append-system-prompt': 'value',
    '--autocompact': 'value',
    '--bare': 'flag',
    '--betas': 'value',
    '--disable-slash-commands': 'flag',
    '--disallowedTools': 'value',
    '--exclude-dynamic-system-prompt-sections': 'flag',
    '--fallback-model': 'value',
    '--max-budget-usd': 'value',
    '--max-turns': 'value',
    '--mcp-config': 'value',
    '--strict-mcp-config': 'flag',
    '--tools': 'value',
  },
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  takesMcpServers: true,
};

/** In ASK what only reads is let through, and nothing else: there is nobody who could be asked. */
const MODES: Readonly<Record<TurnMode, readonly string[]>> = {
  CODE: ['--dangerously-skip-permissions'],
  ASK: ['--permission-mode', 'dontAsk', '--permission-prompts', 'none'],
  PLAN: ['--permission-mode', 'plan', '--permission-prompts', 'none'],
};

/** Claude Code by `claude -p --output-format stream-json`. */
export class ClaudeCodeAdapter implements AgentAdapter {
  readonly kind = 'CLAUDE_CODE';
  readonly capabilities = {
    steers: true,
    resumes: true,
    plans: true,
    reportsActivity: true,
    reportsUsage: true,
    usageIsCumulative: false,
    choosesModel: true,
    choosesEffort: true,
    takesMcpServers: true,
    needsModel: true,
  } as const;
  readonly conversation = ['.claude/projects'];

  validate(agent: AgentSpec): void {
    checkAgent(agent, RULES);
  }

  launch(request: TurnRequest): AgentLaunch {
    const { agent, mode, places, model, conversationId } = request;
    this.validate(agent);
    checkTurn(request, ['ANTHROPIC']);
    const file = promptFile(request.turn, request.prompt);
    const instructions = instructionFiles(request, '.claude/CLAUDE.md');
    const servers = serversFile(request);
    const bridge = bridgeCommand(request);
    const command = [
      ...bridge,
      ...agentProgram(this.kind, places),
      '-p',
      ...(bridge.length === 0 ? [] : ['--input-format', 'stream-json']),
      '--output-format',
      'stream-json',
      '--verbose',
      ...agent.args,
      ...(agent.model === '' ? [] : ['--model', agent.model]),
      ...(agent.effort === '' ? [] : ['--effort', agent.effort]),
      ...servers.flatMap(({ name }) => ['--mcp-config', posix.join(places.run, name)]),
      ...MODES[mode],
      ...(conversationId === undefined ? [] : ['--resume', conversationId]),
    ];
    return {
      command: withPrompt(command, file, places, instructions),
      environment: {
        ...request.variables,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        CLAUDE_CODE_MAX_RETRIES: '5',
        DISABLE_AUTOUPDATER: '1',
        // Where the one user inside has id 0, it refuses to skip permissions unless it is told of the sandbox.
        IS_SANDBOX: '1',
        ...(model && {
          ANTHROPIC_BASE_URL: withoutPath(model.baseUrl, '/v1'),
          ANTHROPIC_API_KEY: PLACEHOLDER_KEY,
        }),
      },
      files: [file, ...servers, ...instructions.map((each) => each.file)],
    };
  }

  reader(context: ReadContext): ClaudeCodeReader {
    return new ClaudeCodeReader(context);
  }
}

/** Before the program's own words; empty where the bridge is not to be had: then it has its prompt alone. */
function bridgeCommand({ turn, places }: TurnRequest): string[] {
  if (places.bridges === undefined) return [];
  return [places.node, posix.join(places.bridges, CLAUDE_CODE_BRIDGE.entry), places.run, steerPrefix(turn)];
}

/** None where there is nothing to tell. */
function serversFile({ agent, turn }: TurnRequest): PlatformFile[] {
  if (agent.mcpServers.length === 0) return [];
  const mcpServers = byServerName<object>(agent.mcpServers, {
    local: (server) => ({ type: 'stdio', ...server }),
    remote: (url) => ({ type: 'http', url }),
  });
  return [{ name: `mcp-${String(turn)}.json`, content: JSON.stringify({ mcpServers }) }];
}
