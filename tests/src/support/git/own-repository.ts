import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '@heddle/local';
import { git } from './git.js';
import { SampleRepository } from './sample-repository.js';

/** Why what is under test can't be given to agents as a repository; undefined if it can. */
export async function ownRepositoryMissing(): Promise<string | undefined> {
  try {
    await git(REPOSITORY_ROOT, 'rev-parse', '--verify', 'HEAD^{tree}');
    return undefined;
  } catch {
    return 'what is under test is no checkout of git';
  }
}

/**
 * This repository as a real one of over a thousand files: the tree of what is checked out, as the one commit of a bare
 * repository of its own, so that a shallow checkout is enough and nothing is written to it.
 */
export async function ownRepository(parent: string): Promise<SampleRepository> {
  await mkdir(parent, { recursive: true });
  const path = join(await mkdtemp(join(parent, 'own-')), 'origin.git');
  await git(parent, 'init', '--quiet', '--bare', '--initial-branch=main', path);
  const objects = await git(REPOSITORY_ROOT, 'rev-parse', '--path-format=absolute', '--git-path', 'objects');
  const alternates = join(path, 'objects/info/alternates');
  await writeFile(alternates, objects);
  const tree = (await git(REPOSITORY_ROOT, 'rev-parse', 'HEAD^{tree}')).trim();
  const commit = (await git(path, 'commit-tree', tree, '-m', 'As it is checked out')).trim();
  await git(path, 'update-ref', 'refs/heads/main', commit);
  await git(path, 'repack', '-a', '-d', '--quiet');
  await rm(alternates);
  return new SampleRepository(path, 'main');
}
