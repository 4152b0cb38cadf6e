import type { AgentSpec } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { versionChooser } from '../agents/agent-tool-rows.js';
import { serverViolations } from '../agents/server-violations.js';
import { withCredential } from '../credentials/resolve-credential.js';
import type { EnvironmentVersionEntity } from '../persistence/environment.entity.js';

/**
 * @param field path of the agent in the request
 * @throws HeddleError FIELD_INVALID where its credential is not to be found, or for servers that it can't have in its environment
 */
export type FreezeAgent = (agent: AgentSpec, field: string) => Promise<AgentSpec>;

/**
 * Names the credential and the version that an agent has from now on; of many alike the database is asked once.
 * @param environment that it will run in
 */
export async function agentFreezer(
  manager: EntityManager,
  environment: Pick<EnvironmentVersionEntity, 'agent' | 'network'>,
): Promise<FreezeAgent> {
  const withVersion = await versionChooser(manager);
  const found = new Map<string, string>();
  return async (agent, field) => {
    const violations = serverViolations(agent, environment, field);
    if (violations.length > 0) throw fieldInvalid(violations);
    const key = JSON.stringify([agent.kind, agent.credentialId]);
    const credentialId = found.get(key) ?? (await withCredential(manager, agent, field)).credentialId;
    found.set(key, credentialId);
    return withVersion({ ...agent, credentialId });
  };
}
