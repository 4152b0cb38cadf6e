import { posix } from 'node:path';
import type { AgentSpec } from '@heddle/contracts';
import type { AgentAdapter, AgentLaunch, PlatformFile, ReadContext, TurnRequest } from '../agent-adapter.js';
import { checkAgent, checkCommand, type AgentRules } from '../launching/check-agent.js';
import { localServer } from '../launching/mcp-servers.js';
import { modelVariables } from '../launching/model-address.js';
import { promptFile, promptFileAfresh } from '../launching/prompt-file.js';
import { BRIDGE_ENTRY } from './acp-bridge.js';
import { AcpReader } from './acp.reader.js';
import type { BridgeSettings } from './bridge/bridge-settings.js';

const RULES: AgentRules = {
  options: { '--auth-method': 'value' },
  efforts: [],
  takesMcpServers: true,
  choosesModel: false,
  takesCommand: true,
};

/**
 * Any program that speaks the Agent Client Protocol over its standard input and output. A bridge in the sandbox speaks to
 * it and prints what it says, so that it is read like the output of any other agent.
 */
export class AcpAdapter implements AgentAdapter {
  readonly kind = 'ACP';
  readonly capabilities = {
    steers: false,
    // Of an agent that keeps no sessions each turn begins afresh.
    resumes: true,
    plans: false,
    reportsActivity: true,
    // Not all do, and nobody knows before.
    reportsUsage: false,
    usageIsCumulative: false,
    choosesModel: false,
    choosesEffort: false,
    takesMcpServers: true,
    needsModel: false,
  } as const;

  /** @param conversation where programs that speak it are known to keep their sessions, in their home */
  constructor(readonly conversation: readonly string[]) {}

  validate(agent: AgentSpec): void {
    checkCommand(agent);
    checkAgent(agent, RULES);
  }

  launch(request: TurnRequest): AgentLaunch {
    const { agent, turn, prompt, mode, model, variables, places } = request;
    this.validate(agent);
    if (places.tools === undefined) throw new TypeError('the bridge of ACP has no place');
    const inside = ({ name }: PlatformFile): string => posix.join(places.run, name);
    const file = promptFile(turn, prompt);
    const afresh = request.promptAfresh === undefined ? undefined : promptFileAfresh(turn, request.promptAfresh);
    const content: BridgeSettings = {
      command: agent.command,
      workspace: places.workspace,
      promptFile: inside(file),
      promptFileAfresh: afresh === undefined ? undefined : inside(afresh),
      mayChange: mode === 'CODE',
      authMethod: authMethodOf(agent.args),
      sessionId: request.conversationId,
      mcpServers: agent.mcpServers.map((server) => ({
        name: server.name,
        ...(request.environmentServers?.includes(server.name) === true && { mayLack: true }),
        ...(server.url === '' ? localServer(server) : { url: server.url }),
      })),
    };
    const settings = { name: `acp-${String(turn)}.json`, content: JSON.stringify(content) };
    return {
      command: [places.node, posix.join(places.tools, BRIDGE_ENTRY), inside(settings)],
      environment: { ...variables, ...modelVariables(model) },
      files: [file, ...(afresh === undefined ? [] : [afresh]), settings],
    };
  }

  reader(context: ReadContext): AcpReader {
    return new AcpReader(context);
  }
}

function authMethodOf([option, value]: readonly string[]): string | undefined {
  return option?.startsWith('--auth-method=') === true ? option.slice('--auth-method='.length) : value;
}
