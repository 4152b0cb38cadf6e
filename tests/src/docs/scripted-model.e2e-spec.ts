import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '@heddle/local';
import { freePort } from '@heddle/local/servers';
import type { Change } from '@heddle/sdk';
import { whyNotInstallable } from '../conformance/agents/installable.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { jsonExamples, shellBlocks } from './doc-blocks.js';

const LIMIT_MS = 600_000;

const run = promisify(execFile);
const page = await readFile(new URL('../../../docs/scripted-model.md', import.meta.url), 'utf8');
const missing = (await ownNameMissing()) ?? (await whyNotInstallable('CODEX'));

const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME });

describe('the page on the scripted model', () => {
  const runs = missing === undefined ? it : it.skip;
  runs(
    `is true of an agent in Heddle${missing === undefined ? '' : ` [skipped: ${missing}]`}`,
    async () => {
      const blocks = shellBlocks(page).filter(({ needs }) => needs === 'heddle');
      expect(blocks).toHaveLength(1);
      const home = join(platform.scratch, 'home');
      await mkdir(home, { recursive: true });
      const scenario = join(home, 'scenario.json');
      await writeFile(scenario, JSON.stringify(jsonExamples(page).get('scenario')));
      const repository = await SampleRepository.make(platform.scratch, { 'README.md': '# Greet\n\nfirst line\n' });
      const script = ['set -euo pipefail', "trap 'kill $(jobs -p)' EXIT", ...blocks.map((block) => block.script)];
      await run('bash', ['-c', script.join('\n')], {
        cwd: REPOSITORY_ROOT,
        env: {
          PATH: process.env['PATH'],
          HOME: home,
          HEDDLE_DATA_DIR: platform.dataDirectory,
          SCENARIO: scenario,
          PORT: String(await freePort()),
          REPOSITORY: repository.path,
        },
      }).catch((error: unknown) => {
        const { stdout: out, stderr } = error as { stdout: string; stderr: string };
        throw new Error(`The page failed after:\n${out.slice(-4_000)}\n${stderr.slice(-2_000)}`);
      });
      const { changes } = await platform.rest.get<{ changes: Change[] }>('/v1/changes');
      expect(changes.map(({ stats, partial }) => [stats?.files, partial])).toEqual([
        [2, false],
        [2, false],
      ]);
    },
    LIMIT_MS,
  );
});
