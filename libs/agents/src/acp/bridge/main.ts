import { readFileSync } from 'node:fs';
import {
  client,
  methods,
  PROTOCOL_VERSION,
  type ClientContext,
  type PromptRequest,
  type PromptResponse,
} from '@agentclientprotocol/sdk';
import { AgentProcess } from './agent-process.js';
import type { BridgeSettings } from './bridge-settings.js';
import { choosePermission } from './choose-permission.js';
import { keepsSessions, openSession } from './open-session.js';
import { RecordWriter } from './record-writer.js';
import { SessionPast } from './session-past.js';
import { sessionServers } from './session-servers.js';
import { wordsOf } from './words-of.js';

/**
 * Speaks the Agent Client Protocol to a program and prints a line of JSON for each thing that it says. It runs in the
 * sandbox, beside the agent: a pipe to it would not outlive the runner. Its one argument is the file of its settings.
 */
const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as BridgeSettings;
const writer = new RecordWriter((line) => process.stdout.write(`${line}\n`));
const past = new SessionPast();
const agent = AgentProcess.start(settings.command, settings.workspace);

const app = client({ name: 'heddle' })
  .onNotification(methods.client.session.update, ({ params }) => {
    if (!past.takes()) writer.update(params.update);
  })
  .onRequest(methods.client.session.requestPermission, ({ params }) => {
    const { granted, option } = choosePermission(params, settings.mayChange);
    writer.record({ type: 'permission', toolCall: params.toolCall, granted });
    return {
      outcome: option === undefined ? { outcome: 'cancelled' } : { outcome: 'selected', optionId: option.optionId },
    };
  });

const failure = await app.connectWith(agent.stream, turn).then(
  () => undefined,
  async (error: unknown) => (await agent.goneSoon()) ?? { cause: 'ERROR' as const, ...wordsOf(error) },
);
if (failure !== undefined) writer.record({ type: 'failed', ...failure });
await agent.end();
process.exitCode = failure === undefined ? 0 : 1;

async function turn(context: ClientContext): Promise<void> {
  const { protocolVersion, agentInfo, agentCapabilities } = await context.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientInfo: { name: 'heddle', version: '1' },
    // Files and commands are the agent's own matter: it is in the sandbox with them.
    clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
  });
  if (protocolVersion !== PROTOCOL_VERSION)
    throw new Error(`it speaks version ${String(protocolVersion)} of the protocol, not ${String(PROTOCOL_VERSION)}`);
  const { authMethod, workspace, promptFile, promptFileAfresh, sessionId: before } = settings;
  if (authMethod !== undefined) await context.request(methods.agent.authenticate, { methodId: authMethod });
  const takesHttp = agentCapabilities?.mcpCapabilities?.http === true;
  const { servers, without } = sessionServers(settings.mcpServers, takesHttp);
  for (const server of without) writer.record({ type: 'without', server });
  const session = { cwd: workspace, mcpServers: servers };
  const { id: sessionId, lost } = await openSession(context, agentCapabilities, { session, sessionId: before, past });
  writer.record({
    type: 'session',
    id: sessionId,
    agent: `${agentInfo?.name ?? ''} ${agentInfo?.version ?? ''}`.trim(),
    resumes: keepsSessions(agentCapabilities),
    ...(lost === undefined ? {} : { lost }),
  });
  const file = lost === undefined ? promptFile : (promptFileAfresh ?? promptFile);
  const prompt: PromptRequest['prompt'] = [{ type: 'text', text: readFileSync(file, 'utf8') }];
  const answer: PromptResponse & { readonly usage?: unknown } = await context.request(methods.agent.session.prompt, {
    sessionId,
    prompt,
  });
  writer.record({ type: 'end', stopReason: answer.stopReason, usage: answer.usage, meta: answer._meta });
}
