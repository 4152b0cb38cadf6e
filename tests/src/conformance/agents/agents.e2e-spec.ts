import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { agentTool } from '@heddle/agents';
import type { Repository } from '@heddle/sdk';
import { startScriptedModel, type ScriptedModel } from '@heddle/testing/scripted-model';
import { Cli } from '../../support/doors/cli.js';
import { SampleRepository } from '../../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../../support/host/own-name.js';
import { usePlatform } from '../../support/platform/use-platform.js';
import { registerRepository } from '../../support/work/launch.js';
import { SHOP } from '../../support/work/shop.js';
import { serveProgram } from './acp-program.js';
import { runScenarios, SCRIPT } from './agent-suite.js';
import { programOf, whyNotInstallable } from './installable.js';
import { readColumn, writeColumn } from './results-table.js';
import { KINDS, type Kind } from './scenario.js';
import { SCENARIOS } from './scenarios.js';

/** Four programs on two processors take long to start. */
const SUITE_LIMIT_MS = 900_000;

const missing = new Map<Kind, string | undefined>(
  await Promise.all(
    KINDS.map(async (kind) => [kind, (await ownNameMissing()) ?? (await whyNotInstallable(kind))] as const),
  ),
);

/** Without a line to the model, which would keep its refusals from the agents: what they make of them is the question. */
const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME, HEDDLE_MODEL_WAIT_DURATION: '0' });

describe('real agents in sandboxes', () => {
  let model: ScriptedModel;
  let repository: Repository;
  let cli: Cli;
  let home: string;

  beforeAll(async () => {
    model = await startScriptedModel({ scenario: SCRIPT, host: '0.0.0.0', keepBodies: true });
    const origin = await SampleRepository.make(platform.scratch, SHOP);
    repository = await registerRepository(platform.rest, origin.path);
    home = join(platform.scratch, 'home');
    await mkdir(home, { recursive: true });
    cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
  });

  afterAll(() => model.close());

  for (const kind of KINDS) {
    const why = missing.get(kind);
    const run = why === undefined ? it : it.skip;
    const program = programOf(kind);
    const version = agentTool(program)?.pinned ?? '';
    run(
      `${[kind, program === kind ? '' : `by ${program}`, version].filter(Boolean).join(' ')}${why === undefined ? '' : ` [skipped: ${why}]`}`,
      async () => {
        const installed = await cli.run(['admin', 'agents', 'install', program, '--wait'], { cwd: home });
        expect(installed).toMatchObject({ code: 0 });
        const modelUrl = `http://${OWN_NAME}:${new URL(model.url).port}`;
        const before = model.requests().length;
        const directory = join(platform.dataDirectory, 'runner/agents', program, version);
        const served = program === kind ? undefined : await serveProgram(directory);
        const options = { rest: platform.rest, repository, modelUrl, setup: served?.setup };
        const outcomes = await runScenarios(options, kind);
        served?.close();
        const faults = outcomes.flatMap(({ scenario, faults: each }) =>
          each.map((fault) => `${scenario.name}: ${fault}`),
        );
        // By the file of instructions, which ACP has not, alone; the brief itself is in the prompt too.
        const told = model
          .requests()
          .slice(before)
          .map(({ body }) => JSON.stringify(body ?? ''));
        if (kind !== 'ACP' && !told.some((body) => body.includes('# What holds for this task')))
          faults.push('its program does not read the instructions in its home');
        if (process.env['HEDDLE_WRITE_DOCS'] === '1') await writeColumn(kind, SCENARIOS, outcomes);
        expect(faults).toEqual([]);
        expect(await readColumn(kind)).toEqual(
          new Map(
            SCENARIOS.map(({ title, gaps }) => [
              title,
              gaps?.[kind] === undefined ? 'shown' : `no: ${gaps[kind] ?? ''}`,
            ]),
          ),
        );
      },
      SUITE_LIMIT_MS,
    );
  }
});
