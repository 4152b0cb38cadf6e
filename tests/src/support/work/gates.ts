import { readFileSync } from 'node:fs';
import { eventually } from '../bounds.js';
import { hostProcesses, isAlive, type HostProcess } from '../host/process-table.js';

const SIGUSR1_BIT = 1n << 9n;

/**
 * The process of a gated script. Programs around it (the sandbox's own) have the script among their arguments too, and
 * a subshell of it has the same ones as the script itself.
 */
export function gateProcesses(gate: string): HostProcess[] {
  const shells = hostProcesses().filter(
    ({ argv }) => argv[0] === 'bash' && argv[1] === '-c' && argv[2]?.includes(gate) === true,
  );
  const pids = new Set(shells.map(({ pid }) => pid));
  return shells.filter(({ parent }) => !pids.has(parent));
}

/** The one process that waits at the gate: its trap is set. undefined where there is none (yet). */
export function waitingAt(gate: string): HostProcess | undefined {
  const [script, ...more] = gateProcesses(gate);
  if (more.length > 0) throw new Error(`${String(more.length + 1)} scripts run at ${gate}`);
  return script !== undefined && catchesUsr1(script.pid) ? script : undefined;
}

/** Everything on this host that has the gate's word among its arguments. */
export function anythingOf(gate: string): HostProcess[] {
  return hostProcesses().filter(({ argv }) => argv.some((word) => word.includes(gate)));
}

/** Lets the script go on, as soon as it waits, and returns when it has ended. */
export async function openGate(gate: string): Promise<void> {
  const { pid } = await eventually(`a script waits at ${gate}`, () => waitingAt(gate));
  process.kill(pid, 'SIGUSR1');
  await eventually(`the script at ${gate} ends`, () => (isAlive(pid) ? undefined : true));
}

function catchesUsr1(pid: number): boolean {
  try {
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) & SIGUSR1_BIT) !== 0n;
  } catch {
    return false; // it has just ended
  }
}
