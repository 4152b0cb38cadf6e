import type { OpenTerminalRequest_Start } from '@heddle/contracts';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { HeddleError } from '@heddle/domain';
import type { BoxSpec } from '@heddle/sandbox';
import { TERMINAL_LABEL } from '../../protocol/terminal-protocol.js';
import { isKept } from '../adoption/kept-sandboxes.js';
import { currentAgentBox } from '../phases/agent-box.js';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { SupervisorTerminal } from './supervisor-terminal.js';

export interface TerminalSettings {
  readonly socketPath: string;
  /** At once on this host; 0: none. */
  readonly most: number;
  readonly idleMs: number;
  readonly limitMs: number;
}

/** A shell where nobody says what else: the better one of those that are there. */
const SHELL = ['/bin/sh', '-c', 'command -v bash >/dev/null 2>&1 && exec bash; exec sh'];

/**
 * Starts a person's program over what a kept sandbox's agent left: a box of its own with that as its uppermost layer,
 * without a network and secrets, under the sandbox's limits.
 * @throws HeddleError SANDBOX_NOT_KEPT; SandboxError as the supervisor says
 */
export async function openKept(
  context: PhaseContext,
  settings: TerminalSettings,
  wanted: {
    readonly owner: SandboxOwnerRef;
    readonly terminalId: string;
    readonly start: OpenTerminalRequest_Start;
  },
  signal: AbortSignal,
): Promise<SupervisorTerminal> {
  const { owner, terminalId, start } = wanted;
  const sandbox = await context.sandboxes.find(owner);
  if (sandbox === undefined) throw notKept(owner);
  // It may have ended this moment, and what it left is about to be unmounted.
  await context.clearing.settled(sandbox);
  const agent = await keptBox(sandbox);
  const isTerminal = start.columns > 0 && start.rows > 0;
  const { columns, rows } = start;
  return SupervisorTerminal.open(
    settings.socketPath,
    {
      sandbox: sandbox.name,
      box: boxAbove(sandbox, agent, terminalId),
      command: start.command.length > 0 ? start.command : SHELL,
      environment: {
        ...sandbox.spec.variables,
        HEDDLE_TERMINAL: terminalId,
        ...(isTerminal ? { TERM: 'xterm-256color' } : {}),
      },
      ...(isTerminal ? { window: { columns, rows } } : {}),
      idleMs: settings.idleMs,
      limitMs: settings.limitMs,
    },
    signal,
  );
}

/** The box that the agent worked in last, out of use. */
async function keptBox(sandbox: Sandbox): Promise<BoxSpec> {
  const state = await sandbox.state();
  const box = currentAgentBox(sandbox, state);
  if (!isKept(state) || box === undefined || !state.destroyed.has(box.name)) throw notKept(sandbox.owner);
  return box;
}

function boxAbove(sandbox: Sandbox, { layers, homeLayers, paths }: BoxSpec, terminalId: string): BoxSpec {
  const label = `${TERMINAL_LABEL}${terminalId}`;
  return { ...sandbox.box(label, layers, { homeLayers: homeLayers ?? [], phase: 'CHECK' }), above: paths };
}

function notKept({ id }: SandboxOwnerRef): HeddleError {
  return new HeddleError('SANDBOX_NOT_KEPT', `The sandbox of attempt ${id} is not kept any more`, {
    metadata: { id },
  });
}
