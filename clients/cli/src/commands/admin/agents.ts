import { setTimeout as delay } from 'node:timers/promises';
import type { AgentTool, HeddleClient } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT, type ExitCode } from '../../exit-codes.js';
import { parseAgentKind } from '../../input/agent-kind.js';
import { parseDuration } from '../../input/duration-option.js';
import type { Session } from '../../session.js';
import { agentToolLines } from '../../views/agent-tool-view.js';

interface WaitingOptions extends JsonOption {
  // The option is not --version: that is the program's own.
  readonly version?: string;
  readonly wait?: boolean;
  readonly timeout?: number;
}

const LOOK_EVERY_MS = 1_000;
const KIND = 'CODEX, CLAUDE_CODE, OPENCODE or GEMINI';

export function agentsList(runtime: Runtime): Command {
  return leaf('ls', 'list the programs of agents: which versions are on which runner').action(
    action<[], JsonOption>(runtime, async (session) => {
      const agents = await (await session.client()).agentTools.listAll(undefined, { signal: session.signal });
      show(session, { agents }, agents);
      return EXIT.ok;
    }),
  );
}

export function agentsInstall(runtime: Runtime): Command {
  return leaf('install', 'have every runner install the program of an agent')
    .argument('<kind>', KIND)
    .option('--version <version>', 'by default the one that this release of the platform was tried with')
    .option('-w, --wait', 'return when every runner has it, or could not get it (exit code 1)')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], WaitingOptions>(runtime, async (session, options, kind) => {
        const client = await session.client();
        const tool = await client.agentTools.install(parseAgentKind(kind), options.version, { signal: session.signal });
        if (options.wait === true) return settle(session, [tool], options);
        show(session, tool, [tool]);
        session.out.note('Runners install it by themselves: heddle admin agents ls');
        return EXIT.ok;
      }),
    );
}

export function agentsVerify(runtime: Runtime): Command {
  return leaf('verify', 'have every runner look at its files, and run it in a sandbox without a network')
    .argument('<kind>', KIND)
    .option('--version <version>', 'by default every one that is wanted')
    .option('--timeout <duration>', 'wait no longer than this (exit code 5)', parseDuration)
    .action(
      action<[string], WaitingOptions>(runtime, async (session, options, kind) => {
        const client = await session.client();
        const versions =
          options.version === undefined ? await wantedVersions(client, kind, session) : [options.version];
        const asked: AgentTool[] = [];
        for (const version of versions)
          asked.push(await client.agentTools.verify(parseAgentKind(kind), version, { signal: session.signal }));
        return settle(session, asked, options);
      }),
    );
}

export function agentsRemove(runtime: Runtime): Command {
  return leaf('remove', 'take a version of an agent from the runners; sandboxes that use it keep it')
    .alias('delete')
    .argument('<kind>', KIND)
    .requiredOption('--version <version>', 'which one')
    .action(
      action<[string], JsonOption & { readonly version: string }>(runtime, async (session, { version }, kind) => {
        const client = await session.client();
        const tool = await client.agentTools.uninstall(parseAgentKind(kind), version, { signal: session.signal });
        if (session.out.json) session.out.document(tool);
        else session.out.line(`${tool.kind} ${tool.version} goes from each runner with the last sandbox that uses it.`);
        return EXIT.ok;
      }),
    );
}

/** Those that are wanted of a kind; where none is, the server is asked for its default, and says what is amiss. */
async function wantedVersions(
  client: HeddleClient,
  kind: string,
  { signal }: Session,
): Promise<(string | undefined)[]> {
  const wanted = (await client.agentTools.listAll(parseAgentKind(kind), { signal })).filter((tool) => tool.wanted);
  return wanted.length === 0 ? [undefined] : wanted.map(({ version }) => version);
}

/** Until every runner has carried out what was asked. */
async function settle(
  session: Session,
  asked: readonly AgentTool[],
  { timeout: timeoutMs = Number.POSITIVE_INFINITY }: WaitingOptions,
): Promise<ExitCode> {
  const { signal, out } = session;
  const { agentTools } = await session.client();
  const until = performance.now() + timeoutMs;
  for (;;) {
    const found = await agentTools.listAll(asked[0]?.kind, { signal, retryForMs: 60_000 });
    const tools = asked.map((one) => found.find(({ version }) => version === one.version) ?? one);
    const document = tools.length === 1 ? (tools[0] ?? {}) : { agents: tools };
    if (tools.every((tool, index) => isDone(tool, asked[index]?.number ?? 0))) {
      show(session, document, tools);
      return tools.every(isReady) ? EXIT.ok : EXIT.workFailed;
    }
    if (performance.now() >= until) {
      show(session, document, tools);
      out.note('The time is over, the runners go on: heddle admin agents ls');
      return EXIT.timeLimit;
    }
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** One that is wanted no more is waited for no more. */
function isDone({ wanted, runners }: AgentTool, asked: number): boolean {
  return !wanted || (runners.length > 0 && runners.every((on) => on.number >= asked && isSettled(on)));
}

function isReady({ wanted, runners }: AgentTool): boolean {
  return wanted && runners.every(({ state }) => state === 'READY');
}

function isSettled({ state }: { readonly state: string }): boolean {
  return state === 'READY' || state === 'FAILED';
}

function show({ out, now }: Session, document: object, tools: readonly AgentTool[]): void {
  if (out.json) out.document(document);
  else out.lines(agentToolLines(tools, { style: out.style, columns: out.columns, now: now() }));
}
