import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { agentTool } from '@heddle/agents';
import type { Kind } from './scenario.js';

const run = promisify(execFile);

/** Whose program it is: of ACP any that speaks the protocol would do. */
export function programOf(kind: Kind): Exclude<Kind, 'ACP'> {
  return kind === 'ACP' ? 'GEMINI' : kind;
}

/** Why the pinned program of a kind can't be had here; undefined if it can. */
export async function whyNotInstallable(kind: Kind): Promise<string | undefined> {
  const tool = agentTool(programOf(kind));
  if (tool === undefined) return 'it has no program';
  try {
    await run('npm', ['view', `${tool.package}@${tool.pinned}`, 'version'], { timeout: 60_000 });
    return undefined;
  } catch {
    return 'the registry of npm does not have its program, or does not answer';
  }
}
