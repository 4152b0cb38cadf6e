import { mkdir } from 'node:fs/promises';
import { gitWithInput } from './git.js';
import { SampleRepository } from './sample-repository.js';

const FILES_PER_DIRECTORY = 100;

/** A repository with `count` small files of different content in one commit, made by one git process. */
export async function makeLargeRepository(parent: string, count: number): Promise<SampleRepository> {
  await mkdir(parent, { recursive: true });
  const repository = await SampleRepository.make(parent, {});
  const message = 'Many files';
  const parts = [
    `commit refs/heads/${repository.branch}\n`,
    'committer A. Weaver <weaver@example.com> 1704067200 +0000\n',
    `data ${String(message.length)}\n${message}\n`,
  ];
  for (let index = 0; index < count; index += 1) {
    const content = `module ${String(index)}\n${'x'.repeat(index % 400)}\n`;
    const path = `modules/m${String(Math.floor(index / FILES_PER_DIRECTORY))}/file-${String(index)}.txt`;
    parts.push(`M 100644 inline ${path}\ndata ${String(content.length)}\n${content}\n`);
  }
  await gitWithInput(repository.path, parts.join(''), 'fast-import', '--quiet');
  return repository;
}
