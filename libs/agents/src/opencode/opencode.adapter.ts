import type { AgentSpec } from '@heddle/contracts';
import type { ModelEndpoint, ModelProvider } from '@heddle/domain';
import type { AgentAdapter, AgentLaunch, ReadContext, TurnMode, TurnRequest } from '../agent-adapter.js';
import { checkAgent, checkTurn, type AgentRules } from '../launching/check-agent.js';
import { withPath } from '../launching/model-address.js';
import { PLACEHOLDER_KEY } from '../launching/placeholder-key.js';
import { byServerName } from '../launching/mcp-servers.js';
import { agentProgram } from '../launching/program.js';
import { instructionFiles, promptFile, withPrompt } from '../launching/prompt-file.js';
import { OpencodeReader } from './opencode.reader.js';

const RULES: AgentRules = {
  options: { '--log-level': 'value', '--print-logs': 'flag', '--pure': 'flag', '--title': 'value' },
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  takesMcpServers: true,
  needsModelName: true,
};

/** The library that it speaks to a model with (it brings all of them), and the version in that one's path. */
const LIBRARIES: Readonly<Record<ModelProvider, { readonly npm: string; readonly path: string }>> = {
  OPENAI: { npm: '@ai-sdk/openai', path: '' },
  OPENAI_COMPATIBLE: { npm: '@ai-sdk/openai-compatible', path: '' },
  ANTHROPIC: { npm: '@ai-sdk/anthropic', path: '/v1' },
  GEMINI: { npm: '@ai-sdk/google', path: '/v1beta' },
};

/** What is neither allowed nor denied would be asked, of nobody. */
const PERMISSIONS: Readonly<Record<TurnMode, Readonly<Record<string, string>>>> = {
  CODE: { '*': 'allow' },
  ASK: { '*': 'allow', edit: 'deny', bash: 'deny' },
  PLAN: { '*': 'allow', edit: 'deny', bash: 'deny' },
};

/** OpenCode by `opencode run --format json`. */
export class OpencodeAdapter implements AgentAdapter {
  readonly kind = 'OPENCODE';
  readonly capabilities = {
    steers: false,
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
  readonly conversation = [
    '.local/share/opencode/storage',
    '.local/share/opencode/opencode.db',
    '.local/share/opencode/opencode.db-wal',
  ];

  validate(agent: AgentSpec): void {
    checkAgent(agent, RULES);
  }

  launch(request: TurnRequest): AgentLaunch {
    const { agent, mode, places, model, conversationId } = request;
    this.validate(agent);
    checkTurn(request, ['OPENAI', 'OPENAI_COMPATIBLE', 'ANTHROPIC', 'GEMINI']);
    const file = promptFile(request.turn, request.prompt);
    const instructions = instructionFiles(request, '.config/opencode/AGENTS.md');
    const command = [
      ...agentProgram(this.kind, places),
      'run',
      '--format',
      'json',
      '--thinking',
      ...agent.args,
      ...(agent.effort === '' ? [] : ['--variant', agent.effort]),
      ...(mode === 'PLAN' ? ['--agent', 'plan'] : []),
      ...(conversationId === undefined ? [] : ['--session', conversationId]),
    ];
    return {
      command: withPrompt(command, file, places, instructions),
      environment: {
        ...request.variables,
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
        // Outranks the repository's own configuration, which a file would not.
        OPENCODE_CONFIG_CONTENT: JSON.stringify({
          autoupdate: false,
          share: 'disabled',
          // The platform has its own record of the tree.
          snapshot: false,
          permission: PERMISSIONS[mode],
          mcp: byServerName<object>(agent.mcpServers, {
            local: ({ command, args, env }) => ({ type: 'local', command: [command, ...args], environment: env }),
            remote: (url) => ({ type: 'remote', url, oauth: false }),
          }),
          ...(model ? endpoint(agent, model) : { model: agent.model }),
        }),
      },
      files: [file, ...instructions.map((each) => each.file)],
    };
  }

  reader(context: ReadContext): OpencodeReader {
    return new OpencodeReader(context);
  }
}

function endpoint({ model, effort }: AgentSpec, { provider, baseUrl }: ModelEndpoint): object {
  const { npm, path } = LIBRARIES[provider];
  return {
    model: `heddle/${model}`,
    small_model: `heddle/${model}`,
    provider: {
      heddle: {
        npm,
        name: 'Heddle',
        options: { baseURL: withPath(baseUrl, path), apiKey: PLACEHOLDER_KEY },
        models: { [model]: { name: model, ...(effort === '' ? {} : { reasoning: true }) } },
      },
    },
  };
}
