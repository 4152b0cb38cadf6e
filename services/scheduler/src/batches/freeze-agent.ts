import type { AgentSpec, NetworkPolicy } from '@heddle/contracts';
import { fieldInvalid } from '@heddle/domain';
import type { EntityManager } from 'typeorm';
import { versionChooser } from '../agents/agent-tool-rows.js';
import { unreachableServers } from '../agents/mcp-reach.js';
import { withCredential } from '../credentials/resolve-credential.js';

/**
 * @param field path of the agent in the request
 * @throws HeddleError FIELD_INVALID where its credential is not to be found, or the environment does not let it reach a server
 */
export type FreezeAgent = (agent: AgentSpec, field: string) => Promise<AgentSpec>;

/**
 * Names the credential and the version that an agent has from now on; of many alike the database is asked once.
 * @param network of the environment that it will run in
 */
export async function agentFreezer(
  manager: EntityManager,
  network: NetworkPolicy | null | undefined,
): Promise<FreezeAgent> {
  const withVersion = await versionChooser(manager);
  const found = new Map<string, string>();
  return async (agent, field) => {
    const unreachable = unreachableServers(agent, network, field);
    if (unreachable.length > 0) throw fieldInvalid(unreachable);
    const key = JSON.stringify([agent.kind, agent.credentialId]);
    const credentialId = found.get(key) ?? (await withCredential(manager, agent, field)).credentialId;
    found.set(key, credentialId);
    return withVersion({ ...agent, credentialId });
  };
}
