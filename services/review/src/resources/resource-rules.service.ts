import { Injectable } from '@nestjs/common';
import { ResourceRule_Kind, ResourceRules, type ResourceRule, type SetResourceRulesRequest } from '@heddle/contracts';
import { fieldInvalid, HeddleError, RESOURCE_KINDS, type FieldViolation } from '@heddle/domain';
import { DataSource } from 'typeorm';
import { GitStores } from '../git-store/git-stores.js';
import { ResourceRulesEntity, type ResourceRuleFact } from './resource-rules.entity.js';

const MAX_RULES = 100;
const MAX_GLOB = 256;

@Injectable()
export class ResourceRulesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stores: GitStores,
  ) {}

  /** @throws HeddleError REPOSITORY_NOT_FOUND */
  async get(repositoryId: string): Promise<ResourceRules> {
    const { id } = await this.stores.repository(repositoryId);
    return toResourceRules(id, await this.dataSource.manager.findOneBy(ResourceRulesEntity, { repositoryId: id }));
  }

  /** @throws HeddleError REPOSITORY_NOT_FOUND, VERSION_CONFLICT, FIELD_INVALID */
  async set({ resourceRules: wanted }: SetResourceRulesRequest): Promise<ResourceRules> {
    if (wanted === undefined) throw fieldInvalid([{ field: 'resource_rules', description: 'is required' }]);
    const rules = ruleFacts(wanted.rules);
    const { id: repositoryId } = await this.stores.repository(wanted.repositoryId);
    return this.dataSource.transaction(async (manager) => {
      // The repository's row stands for that of the rules while there is none: two that set the first come one after the other.
      await manager.query('SELECT 1 FROM repositories WHERE id = $1 FOR NO KEY UPDATE', [repositoryId]);
      const row = await manager.findOneBy(ResourceRulesEntity, { repositoryId });
      const revision = row?.revision ?? '0';
      if (wanted.etag !== '' && wanted.etag !== revision)
        throw new HeddleError('VERSION_CONFLICT', 'The rules were changed meanwhile; read them again and repeat', {
          metadata: { etag: revision },
        });
      const next = manager.create(ResourceRulesEntity, {
        repositoryId,
        rules,
        updateTime: new Date(),
        revision: String(BigInt(revision) + 1n),
      });
      await manager.save(ResourceRulesEntity, next);
      return toResourceRules(repositoryId, next);
    });
  }
}

function toResourceRules(repositoryId: string, row: ResourceRulesEntity | null): ResourceRules {
  return ResourceRules.fromPartial({
    repositoryId,
    rules: (row?.rules ?? []).map(({ glob, kind }) => ({ glob, kind: ResourceRule_Kind[kind] })),
    updateTime: row?.updateTime,
    etag: row?.revision ?? '0',
  });
}

/** @throws HeddleError FIELD_INVALID with all faults at once */
function ruleFacts(rules: readonly ResourceRule[]): ResourceRuleFact[] {
  const violations: FieldViolation[] = [];
  if (rules.length > MAX_RULES)
    violations.push({ field: 'resource_rules.rules', description: `must be at most ${String(MAX_RULES)}` });
  const facts = rules.slice(0, MAX_RULES).flatMap(({ glob, kind }, at): ResourceRuleFact[] => {
    const field = `resource_rules.rules[${String(at)}]`;
    const known = kindOf(kind);
    if (!isGlob(glob))
      violations.push({
        field: `${field}.glob`,
        description: 'must be a glob relative to the top, for example db/changes/*.sql',
      });
    if (known === undefined) violations.push({ field: `${field}.kind`, description: 'is required' });
    return known === undefined ? [] : [{ glob, kind: known }];
  });
  if (violations.length > 0) throw fieldInvalid(violations);
  return facts;
}

function kindOf(kind: ResourceRule_Kind): ResourceRuleFact['kind'] | undefined {
  return (['NONE', ...RESOURCE_KINDS] as const).find((word) => ResourceRule_Kind[word] === kind);
}

/** Paths of a tree have no empty, `.` or `..` segment: a glob with one would never fit. */
function isGlob(glob: string): boolean {
  if (glob === '' || glob.length > MAX_GLOB || /[\0-\x1f]/.test(glob)) return false;
  return glob
    .replace(/^\//, '')
    .split('/')
    .every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
