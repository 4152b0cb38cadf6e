import { Injectable } from '@nestjs/common';
import { resourceKind, type ResourceKindOf } from '@heddle/domain';
import { pathGlob } from '@heddle/sandbox';
import { DataSource } from 'typeorm';
import { ResourceRulesEntity, type ResourceRuleFact } from './resource-rules.entity.js';

export interface RepositoryResources {
  readonly kindOf: ResourceKindOf;
  /** Of its rules: what was found by others does not hold. */
  readonly revision: string;
}

/** What is one for the whole of a repository: by its own rules, and by the platform's where none of them fits. */
@Injectable()
export class ResourceKinds {
  constructor(private readonly dataSource: DataSource) {}

  async of(repositoryId: string): Promise<RepositoryResources> {
    const row = await this.dataSource.manager.findOneBy(ResourceRulesEntity, { repositoryId });
    return row === null
      ? { kindOf: resourceKind, revision: '0' }
      : { kindOf: kindsBy(row.rules), revision: row.revision };
  }
}

/** The first rule that fits a path says what it is. */
export function kindsBy(rules: readonly ResourceRuleFact[]): ResourceKindOf {
  const known = rules.map(({ glob, kind }) => ({ fits: pathGlob(glob), kind }));
  return (path) => {
    const bytes = Buffer.from(path).toString('latin1');
    const rule = known.find(({ fits }) => fits(bytes));
    if (rule === undefined) return resourceKind(path);
    return rule.kind === 'NONE' ? undefined : rule.kind;
  };
}
