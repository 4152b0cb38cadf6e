import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toolCommand, VERSION_ARGUMENTS, versionIn, type AgentTool } from '@heddle/agents';
import { NODE_INSIDE, SandboxError, TOOLS_INSIDE, type BoxSpec } from '@heddle/sandbox';
import type { SupervisorHello } from '../../protocol/supervisor-protocol.js';
import type { SandboxStore } from '../sandboxes/sandbox-store.js';
import type { SupervisorClient } from '../supervisor/supervisor-client.js';

const LIMIT_MS = 120_000;
const OUTPUT_BYTES = 64 * 1024;
const MIB = 1024 * 1024;
/** For a program that only says its version. */
const LIMITS = { memoryBytes: 2048 * MIB, processes: 512, diskBytes: 256 * MIB, diskInodes: 10_000 };
const QUIET = { CI: 'true', NO_COLOR: '1', DISABLE_AUTOUPDATER: '1', GEMINI_CLI_NO_RELAUNCH: 'true' };

export interface ToolCheckOptions {
  readonly hello: SupervisorHello;
  readonly supervisor: SupervisorClient;
  readonly sandboxes: SandboxStore;
  /** For a directory that is nobody's work tree. */
  readonly directory: string;
}

/** Runs the program of an agent in a sandbox of its own, without a network, over an empty work tree. */
export class ToolCheck {
  constructor(private readonly options: ToolCheckOptions) {}

  /** What a runner that died in the middle left behind. */
  async sweep(): Promise<void> {
    const { sandboxes, supervisor } = this.options;
    for (const name of await sandboxes.throwAways()) await supervisor.call('remove', { sandbox: name });
  }

  /** @throws SandboxError AGENT_INSTALL_FAILED unless the program says this version */
  async require(tool: AgentTool, version: string, source: string, signal: AbortSignal): Promise<void> {
    const output = await this.run(tool, source, signal);
    const found = versionIn(output);
    if (found === version) return;
    throw failed(tool, found === undefined ? 'printed no version' : `says that it is ${found}, not ${version}`);
  }

  private async run(tool: AgentTool, source: string, signal: AbortSignal): Promise<string> {
    const { hello, sandboxes, supervisor, directory } = this.options;
    const empty = join(directory, '.empty');
    await mkdir(empty, { recursive: true, mode: 0o755 });
    const sandbox = `tool-${randomUUID()}`;
    const made = await sandboxes.throwAway(sandbox);
    const box: BoxSpec = {
      name: `${sandbox}.check`,
      paths: made.directory.box('check'),
      layers: [{ path: empty, removed: [] }],
      uid: made.uid,
      limits: LIMITS,
      tools: [{ source, target: `${TOOLS_INSIDE}/${tool.folder}` }],
    };
    const places =
      hello.inside === undefined
        ? { tools: source, node: process.execPath }
        : { tools: `${TOOLS_INSIDE}/${tool.folder}`, node: NODE_INSIDE };
    const spool = { stdout: join(made.directory.spool, 'out'), stderr: join(made.directory.spool, 'err') };
    try {
      await supervisor.call('createBox', { sandbox, box }, signal);
      await supervisor.call(
        'start',
        {
          sandbox,
          box: box.name,
          timeoutMs: LIMIT_MS,
          process: {
            id: 'check',
            command: [...toolCommand(tool, places), ...VERSION_ARGUMENTS],
            environment: QUIET,
            spool,
            outputCapBytes: OUTPUT_BYTES,
          },
        },
        signal,
      );
      const { outcome, exitCode } = await supervisor.call('wait', { sandbox, box: box.name, process: 'check' }, signal);
      if (outcome === 'EXITED' && exitCode === 0) return await readFile(spool.stdout, 'utf8');
      const said = (await readFile(spool.stderr, 'utf8').catch(() => '')).trim().slice(-500);
      throw failed(tool, `ended as ${outcome}, exit code ${String(exitCode)}: ${said}`);
    } finally {
      await supervisor.call('remove', { sandbox });
      made.free();
    }
  }
}

function failed(tool: AgentTool, what: string): SandboxError {
  return new SandboxError(
    'AGENT_INSTALL_FAILED',
    `In a sandbox, ${tool.program} ${VERSION_ARGUMENTS.join(' ')} ${what}`,
  );
}
