import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { shellBlocks, type DocBlock } from './doc-blocks.js';
import { grpcurlDirectory } from './grpcurl.js';

const run = promisify(execFile);
const page = await readFile(new URL('../../../docs/api-guide.md', import.meta.url), 'utf8');

const grpcurl = await grpcurlDirectory().catch((error: unknown) =>
  error instanceof Error ? error : new Error(String(error)),
);

describe('the API guide', () => {
  const platform = usePlatform();
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const repository = await SampleRepository.make(platform.scratch, { 'README.md': '# Guide\n' });
    environment = {
      PATH: [process.env['PATH'], ...(grpcurl instanceof Error ? [] : [grpcurl])].join(delimiter),
      HEDDLE_DATA_DIR: platform.dataDirectory,
      REPOSITORY: repository.path,
    };
  });

  it('has blocks to run', () => {
    expect(shellBlocks(page).length).toBeGreaterThan(5);
  });

  const missing =
    grpcurl instanceof Error ? ` [without its grpcurl blocks: ${grpcurl.message.split('\n')[0] ?? ''}]` : '';

  it(`is true from top to bottom${missing}`, async () => {
    const blocks = shellBlocks(page).filter((block) => block.needs !== 'grpcurl' || missing === '');
    // One shell for the whole page: later blocks use what earlier ones set.
    const script = ['set -euo pipefail', ...blocks.map(announced)].join('\n');
    const { stdout } = await run('bash', ['-c', script], {
      env: environment,
      cwd: platform.scratch,
      maxBuffer: 64 * 1024 * 1024,
    }).catch((error: unknown) => {
      const { stdout: out, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`The guide failed after:\n${out.slice(-4_000)}\n${stderr.slice(-2_000)}`);
    });
    expect(stdout).toContain(`block at line ${String(blocks.at(-1)?.line)}`);
  });
});

function announced(block: DocBlock): string {
  return `echo "block at line ${String(block.line)}"\n${block.script}`;
}
