import { EnvironmentSecret_Kind } from '@heddle/contracts';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';
import { say } from './setup-log.js';
import { isAccepted, type SetupTarget } from './setup-target.js';

const WITHHELD =
  "the set-up runs without the environment's secrets here: what it runs over is an agent's tree, which nobody has approved yet";

/** Environment variables of set-up and maintenance scripts, and of nothing else: the environment's secrets for them. */
export async function setupVariables(
  context: PhaseContext,
  sandbox: Sandbox,
  target: SetupTarget,
): Promise<Readonly<Record<string, string>>> {
  const secrets = await context.secrets.of(sandbox);
  const setup = secrets.filter(({ kind }) => kind === EnvironmentSecret_Kind.SETUP);
  if (setup.length > 0 && !isAccepted(sandbox, target)) {
    await say(context, sandbox, target, WITHHELD);
    return {};
  }
  return Object.fromEntries(setup.map(({ name, value }) => [name, value]));
}
