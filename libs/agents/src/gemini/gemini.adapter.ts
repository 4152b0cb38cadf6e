import type { AgentSpec } from '@heddle/contracts';
import type { AgentAdapter, AgentLaunch, ReadContext, TurnMode, TurnRequest } from '../agent-adapter.js';
import { checkAgent, checkTurn, type AgentRules } from '../launching/check-agent.js';
import { withoutPath } from '../launching/model-address.js';
import { PLACEHOLDER_KEY } from '../launching/placeholder-key.js';
import { byServerName } from '../launching/mcp-servers.js';
import { agentProgram } from '../launching/program.js';
import { instructionFiles, promptFile, withPrompt, type HomeFile } from '../launching/prompt-file.js';
import { GeminiReader } from './gemini.reader.js';

const RULES: AgentRules = {
  options: {
    '--allowed-mcp-server-names': 'value',
    '-e': 'value',
    '--extensions': 'value',
    '--include-directories': 'value',
  },
  efforts: [],
  takesMcpServers: true,
};

const APPROVALS: Readonly<Record<TurnMode, string>> = { CODE: 'yolo', ASK: 'plan', PLAN: 'plan' };

/** Gemini CLI by `gemini --output-format stream-json`. */
export class GeminiAdapter implements AgentAdapter {
  readonly kind = 'GEMINI';
  readonly capabilities = {
    steers: false,
    resumes: true,
    plans: true,
    reportsActivity: true,
    reportsUsage: true,
    usageIsCumulative: false,
    choosesModel: true,
    choosesEffort: false,
    takesMcpServers: true,
    needsModel: true,
  } as const;
  readonly conversation = ['.gemini/tmp', '.gemini/projects.json'];

  validate(agent: AgentSpec): void {
    checkAgent(agent, RULES);
  }

  launch(request: TurnRequest): AgentLaunch {
    const { agent, mode, places, model, conversationId } = request;
    this.validate(agent);
    checkTurn(request, ['GEMINI']);
    const file = promptFile(request.turn, request.prompt);
    const settings = {
      name: `gemini-settings-${String(request.turn)}.json`,
      content: JSON.stringify(settingsFor(mode, agent)),
    };
    const home: HomeFile[] = [
      // Its system settings it takes only from root, who is nobody inside.
      { file: settings, inHome: '.gemini/settings.json' },
      ...instructionFiles(request, '.gemini/GEMINI.md'),
    ];
    const command = [
      ...agentProgram(this.kind, places),
      '--output-format',
      'stream-json',
      '--skip-trust',
      ...agent.args,
      '--approval-mode',
      APPROVALS[mode],
      ...(agent.model === '' ? [] : ['--model', agent.model]),
      ...(conversationId === undefined ? [] : ['--resume', conversationId]),
    ];
    return {
      command: withPrompt(command, file, places, home),
      environment: {
        ...request.variables,
        // Its launcher hides signals from the process that does the work.
        GEMINI_CLI_NO_RELAUNCH: 'true',
        ...(model && {
          GOOGLE_GEMINI_BASE_URL: withoutPath(model.baseUrl, '/v1beta'),
          GEMINI_API_KEY: PLACEHOLDER_KEY,
        }),
      },
      files: [file, ...home.map((each) => each.file)],
    };
  }

  reader(context: ReadContext): GeminiReader {
    return new GeminiReader(context);
  }
}

function settingsFor(mode: TurnMode, { mcpServers }: AgentSpec): object {
  return {
    security: { auth: { selectedType: 'gemini-api-key' } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true, maxAttempts: 5 },
    mcpServers: byServerName<object>(mcpServers, {
      local: (server) => ({ ...server, trust: true }),
      remote: (httpUrl) => ({ httpUrl, trust: true }),
    }),
    // With nobody there, it approves of its plan itself and begins to edit.
    ...(mode === 'CODE' ? {} : { tools: { exclude: ['exit_plan_mode'] } }),
  };
}
