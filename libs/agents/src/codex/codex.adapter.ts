import type { AgentSpec } from '@heddle/contracts';
import type { ModelEndpoint } from '@heddle/domain';
import type { AgentAdapter, AgentLaunch, ReadContext, TurnRequest } from '../agent-adapter.js';
import { checkAgent, checkTurn, type AgentRules } from '../launching/check-agent.js';
import { PLACEHOLDER_KEY } from '../launching/placeholder-key.js';
import { localServer } from '../launching/mcp-servers.js';
import { agentProgram } from '../launching/program.js';
import { instructionFiles, promptFile, withPrompt } from '../launching/prompt-file.js';
import { CodexReader } from './codex.reader.js';

/** Settings that a task may change; the model's place, the own sandbox and the approvals are the platform's. */
const CONFIG_KEYS = [
  'features',
  'hide_agent_reasoning',
  'mcp_servers',
  'model_auto_compact_token_limit',
  'model_context_window',
  'model_max_output_tokens',
  'model_reasoning_summary',
  'model_supports_reasoning_summaries',
  'model_verbosity',
  'personality',
  'project_doc_fallback_filenames',
  'project_doc_max_bytes',
  'service_tier',
  'shell_environment_policy',
  'show_raw_agent_reasoning',
  'tool_output_token_limit',
  'tools',
  'web_search',
];

const RULES: AgentRules = {
  options: {
    '-c': configFault,
    '--config': configFault,
    '--enable': 'value',
    '--disable': 'value',
    '--ignore-rules': 'flag',
    '--strict-config': 'flag',
  },
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  takesMcpServers: true,
};

const KEY_VARIABLE = 'HEDDLE_MODEL_KEY';

/**
 * Its read-only sandbox needs namespaces, which the platform's doesn't give: these modes are asked for in words, and the
 * platform looks at the tree.
 */
const INSTRUCTIONS = {
  ASK: 'Answer the question. Do not change, add or remove any file.',
  PLAN: 'Do not change, add or remove any file. Look at what is there and answer with a plan: the steps that you would take, in order, and the files that each would change. Do not begin with them.',
} as const;

/** Codex CLI by `codex exec --json`. */
export class CodexAdapter implements AgentAdapter {
  readonly kind = 'CODEX';
  readonly capabilities = {
    steers: false,
    resumes: true,
    plans: true,
    reportsActivity: true,
    reportsUsage: true,
    usageIsCumulative: true,
    choosesModel: true,
    choosesEffort: true,
    takesMcpServers: true,
    needsModel: true,
  } as const;
  readonly conversation = ['.codex/sessions'];

  validate(agent: AgentSpec): void {
    checkAgent(agent, RULES);
  }

  launch(request: TurnRequest): AgentLaunch {
    const { agent, mode, places, model, conversationId } = request;
    this.validate(agent);
    checkTurn(request, ['OPENAI', 'OPENAI_COMPATIBLE']);
    const file = promptFile(request.turn, request.prompt);
    const instructions = instructionFiles(request, '.codex/AGENTS.md');
    const command = [
      ...agentProgram(this.kind, places),
      'exec',
      ...(conversationId === undefined ? [] : ['resume']),
      ...agent.args,
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      ...config('analytics.enabled', false),
      ...config('check_for_update_on_startup', false),
      ...(agent.model === '' ? [] : config('model', agent.model)),
      ...(agent.effort === '' ? [] : config('model_reasoning_effort', agent.effort)),
      ...(mode === 'CODE' ? [] : config('developer_instructions', INSTRUCTIONS[mode])),
      ...(model === undefined ? [] : endpoint(model)),
      ...mcpServers(agent),
      ...(conversationId === undefined ? [] : [conversationId]),
      '-',
    ];
    return {
      command: withPrompt(command, file, places, instructions),
      environment: { ...request.variables, ...(model && { [KEY_VARIABLE]: PLACEHOLDER_KEY }) },
      files: [file, ...instructions.map((each) => each.file)],
    };
  }

  reader(context: ReadContext): CodexReader {
    return new CodexReader(context);
  }
}

/** A refusal for its rate counts against the retries of streams, a broken answer against both. */
function endpoint({ baseUrl }: ModelEndpoint): string[] {
  return [
    ...config('model_provider', 'heddle'),
    ...config('model_providers.heddle.name', 'Heddle'),
    ...config('model_providers.heddle.base_url', baseUrl),
    ...config('model_providers.heddle.wire_api', 'responses'),
    ...config('model_providers.heddle.env_key', KEY_VARIABLE),
    ...config('model_providers.heddle.request_max_retries', 1),
    ...config('model_providers.heddle.stream_max_retries', 5),
  ];
}

function mcpServers({ mcpServers: servers }: AgentSpec): string[] {
  return servers.flatMap((server) => {
    const key = `mcp_servers.${server.name}`;
    if (server.url !== '') return config(`${key}.url`, server.url);
    const { command, args, env } = localServer(server);
    const variables = Object.entries(env).flatMap(([name, value]) => config(`${key}.env.${name}`, value));
    return [...config(`${key}.command`, command), ...config(`${key}.args`, args), ...variables];
  });
}

/** TOML takes strings, lists of them, numbers and booleans as JSON writes them. */
function config(key: string, value: string | number | boolean | readonly string[]): string[] {
  return ['-c', `${key}=${JSON.stringify(value)}`];
}

function configFault(setting: string): string | undefined {
  const key = /^([\w-]+)(\.[\w".-]+)?=/.exec(setting)?.[1];
  if (key === undefined) return 'needs a value of the form key=value';
  return CONFIG_KEYS.includes(key) ? undefined : `must not set ${key}`;
}
