import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { absoluteAddress, parseBatchFile } from '@heddle/cli';
import type { DemoPlan } from './plan.js';

export interface OwnRepository {
  readonly repository: string;
  readonly tasksFile: string;
}

/** Someone's own repository and tasks; lands on a branch of its own unless told otherwise. */
export async function ownPlan(own: OwnRepository, landBranch: string | undefined, demoId: string): Promise<DemoPlan> {
  const repository = absoluteAddress(own.repository);
  const batch = parseBatchFile(await readFile(own.tasksFile, 'utf8'), own.tasksFile);
  return {
    name: basename(repository.replace(/\/+$/, '').replace(/\.git$/, '')) || 'repository',
    repository,
    batch,
    targetBranch: landBranch ?? `heddle/demo-${demoId}`,
    expected: undefined,
  };
}
