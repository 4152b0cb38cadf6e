import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, EgressRequest, Repository, TaskSpecInput } from '@heddle/sdk';
import { startScriptedModel, type ScriptedModel } from '@heddle/testing/scripted-model';
import { whyNotInstallable } from '../conformance/agents/installable.js';
import { Cli } from '../support/doors/cli.js';
import { SampleRepository } from '../support/git/sample-repository.js';
import { OWN_NAME, ownNameMissing } from '../support/host/own-name.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask } from '../support/work/agents.js';
import { attemptEnded, attemptsOf, createBatch, registerRepository } from '../support/work/launch.js';
import { SHOP } from '../support/work/shop.js';

const TASKS = 30;
const CODEX_TASKS = 3;
/** Sandboxes at once: more than the model takes by far. */
const SLOTS = 10;
const TAKES = 2;

const missing = await ownNameMissing();
const withoutCodex = await whyNotInstallable('CODEX');
const platform = usePlatform({ HEDDLE_EGRESS_PRIVATE_HOSTS: OWN_NAME, HEDDLE_RUNNER_SLOTS: String(SLOTS) });

const skipped = missing === undefined ? '' : ` [skipped: ${missing}]`;
const agents = withoutCodex === undefined ? 'codex among them' : `[without codex: ${withoutCodex}]`;

(missing === undefined ? describe : describe.skip)(
  `a model that takes ${String(TAKES)} requests at once${skipped}`,
  () => {
    let model: ScriptedModel;
    let repository: Repository;
    let cli: Cli;
    let home: string;

    beforeAll(async () => {
      model = await startScriptedModel({
        host: '0.0.0.0',
        scenario: {
          toolless: 'script',
          limit: { concurrent: TAKES, retryAfterSeconds: 1 },
          delayMs: 800,
          conversations: [
            {
              name: 'codex',
              match: 'Do this: by codex',
              steps: [
                { tools: [{ tool: 'write_file', path: 'codex.txt', content: 'codex\n' }] },
                { text: 'The work is done.' },
              ],
            },
            { name: 'script', steps: [{ text: 'Half of it.', eventDelayMs: 50 }, { text: 'The work is done.' }] },
          ],
        },
      });
      repository = await registerRepository(platform.rest, (await SampleRepository.make(platform.scratch, SHOP)).path);
      home = join(platform.scratch, 'home');
      await mkdir(home, { recursive: true });
      cli = new Cli({ HEDDLE_DATA_DIR: platform.dataDirectory });
      if (withoutCodex === undefined)
        expect(await cli.run(['admin', 'agents', 'install', 'CODEX', '--wait'], { cwd: home })).toMatchObject({
          code: 0,
        });
      const baseUrl = `http://${OWN_NAME}:${new URL(model.url).port}/v1`;
      const made = await cli.run(
        ['admin', 'credentials', 'create', 'team-key', '--provider', 'OPENAI', '--base-url', baseUrl],
        { cwd: home, input: 'sk-scripted-team\n' },
      );
      expect(made).toMatchObject({ code: 0 });
    });

    afterAll(() => model.close());

    it(`completes ${String(TASKS)} tasks of one credential with fewer than 1.5 refusals a task, ${agents}`, async () => {
      const codexTasks = withoutCodex === undefined ? CODEX_TASKS : 0;
      const tasks = [
        ...Array.from({ length: codexTasks }, () => codexTask()),
        ...Array.from({ length: TASKS - codexTasks }, (_, index) => scriptTask(index)),
      ];
      const batch = await createBatch(platform.rest, repository, tasks);
      const attempts = await Promise.all(attemptsOf(batch).map(({ id }) => attemptEnded(platform.rest, id)));
      expect(attempts.map(({ state, statusDetail }) => `${state} ${statusDetail}`.trim())).toEqual(
        Array.from({ length: TASKS }, () => 'COMPLETED'),
      );
      const { refused, outcomes } = model.counters();
      expect(outcomes.step).toBeGreaterThanOrEqual(2 * TASKS);
      expect(refused).toBeLessThan(1.5 * TASKS);
      expect(Math.max(...(await waitsOf(attempts)))).toBeGreaterThan(0.5);
    });

    /** Of all their requests that waited, in seconds, as their lists have them. */
    async function waitsOf(attempts: readonly Attempt[]): Promise<number[]> {
      const lists = attempts.map(({ id }) =>
        platform.rest.get<{ requests: EgressRequest[] }>(`/v1/attempts/${id}/egress`),
      );
      const requests = (await Promise.all(lists)).flatMap((list) => list.requests);
      return requests.flatMap(({ waitDuration }) =>
        waitDuration === undefined ? [] : Number.parseFloat(waitDuration),
      );
    }

    function codexTask(): TaskSpecInput {
      return {
        title: 'by codex',
        prompt: 'Do this: by codex',
        agent: { kind: 'CODEX', model: 'scripted-1', credentialId: 'team-key' },
      };
    }

    /** Two streamed answers; an agent that is refused asks again a second later, as often as it takes. */
    function scriptTask(index: number): TaskSpecInput {
      const user = (content: string): unknown => ({ role: 'user', content });
      const body = (messages: unknown[]): string => JSON.stringify({ model: 'scripted-1', stream: true, messages });
      const first = [user('Write it.')];
      const second = [...first, { role: 'assistant', content: 'Half of it.' }, user('Go on.')];
      const ask = (messages: unknown[]): string =>
        `curl -fsSN -m 170 --retry 100 --retry-delay 1 -H 'content-type: application/json' -d '${body(messages)}' "$HEDDLE_MODEL_BASE_URL/chat/completions"`;
      const script = [
        'set -euo pipefail',
        `${ask(first)} >half-${String(index)}.txt`,
        `${ask(second)} >whole-${String(index)}.txt`,
        `grep -q 'data: \\[DONE\\]' whole-${String(index)}.txt`,
      ].join('\n');
      return bashTask(`by script ${String(index)}`, script, {
        agent: { kind: 'COMMAND', command: ['bash', '-c', script], credentialId: 'team-key' },
      });
    }
  },
);
