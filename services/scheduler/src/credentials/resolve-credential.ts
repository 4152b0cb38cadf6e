import type { AgentSpec } from '@heddle/contracts';
import { AGENT_KINDS, fieldInvalid, type ModelProvider } from '@heddle/domain';
import { isId } from '@heddle/platform/ids';
import { In, type EntityManager } from 'typeorm';
import { CredentialEntity } from '../persistence/credential.entity.js';

/** It is there until what names it is: a deletion waits, and finds the attempts then. */
const LOCK = { mode: 'for_key_share' } as const;

/**
 * The agent with the id of the credential that it names by id or name; one that names none stays as it is.
 * @param field path of the agent in the request
 * @throws HeddleError FIELD_INVALID where there is none such, or the kind does not speak its provider's protocol
 */
export async function withNamedCredential(manager: EntityManager, agent: AgentSpec, field: string): Promise<AgentSpec> {
  if (agent.credentialId === '') return agent;
  const row = await find(manager, agent.credentialId);
  const providers = providersOf(agent);
  if (row === null)
    throw refused(
      field,
      `CREDENTIAL_NOT_FOUND: there is no credential with this id or name; make it: ${creationOf(providers)}`,
    );
  // A remote's would be put on an agent's requests.
  if (row.kind !== 'MODEL') throw refused(field, 'is of a git remote: agents have credentials of kind MODEL');
  if (providers.length > 0 && !providers.some((provider) => provider === row.provider))
    throw refused(
      field,
      `is of provider ${row.provider}, and agents of kind ${agent.kind} speak ${providers.join(', ')}`,
    );
  return { ...agent, credentialId: row.id };
}

/**
 * As `withNamedCredential`; an agent that names none and needs one gets the only one that there is for it.
 * @throws HeddleError FIELD_INVALID also where there is none, or more than one
 */
export async function withCredential(manager: EntityManager, agent: AgentSpec, field: string): Promise<AgentSpec> {
  const providers = providersOf(agent);
  if (agent.credentialId !== '' || providers.length === 0) return withNamedCredential(manager, agent, field);
  const rows = await manager.find(CredentialEntity, {
    lock: LOCK,
    where: { provider: In([...providers]) },
    select: { id: true, name: true },
    order: { name: 'ASC' },
    take: 10,
  });
  const [only, ...others] = rows;
  if (only === undefined)
    throw refused(
      field,
      `is required: agents of kind ${agent.kind} need a credential of ${providers.join(' or ')}, and there is none; an operator makes one: ${creationOf(providers)}`,
    );
  if (others.length > 0)
    throw refused(field, `is required: there are several to choose from: ${rows.map(({ name }) => name).join(', ')}`);
  return { ...agent, credentialId: only.id };
}

function find(manager: EntityManager, text: string): Promise<CredentialEntity | null> {
  return manager.findOne(CredentialEntity, { where: isId(text) ? { id: text } : { name: text }, lock: LOCK });
}

/** The command that makes one; of several providers it names the first. */
function creationOf([provider]: readonly ModelProvider[]): string {
  return `heddle admin credentials create NAME --provider ${provider ?? 'PROVIDER'} --from-file FILE`;
}

function providersOf({ kind }: AgentSpec): readonly ModelProvider[] {
  return AGENT_KINDS.find((known) => known.kind === kind)?.providers ?? [];
}

function refused(field: string, description: string): ReturnType<typeof fieldInvalid> {
  return fieldInvalid([{ field: `${field}.credential_id`, description }]);
}
