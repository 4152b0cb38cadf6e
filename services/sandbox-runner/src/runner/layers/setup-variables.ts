import { EnvironmentSecret_Kind } from '@heddle/contracts';
import type { PhaseContext } from '../phases/phase-context.js';
import type { Sandbox } from '../sandboxes/sandbox.js';

/** Environment variables of set-up and maintenance scripts, and of nothing else: the environment's secrets for them. */
export async function setupVariables(
  context: PhaseContext,
  sandbox: Sandbox,
): Promise<Readonly<Record<string, string>>> {
  const secrets = await context.secrets.of(sandbox);
  const setup = secrets.filter(({ kind }) => kind === EnvironmentSecret_Kind.SETUP);
  return Object.fromEntries(setup.map(({ name, value }) => [name, value]));
}
