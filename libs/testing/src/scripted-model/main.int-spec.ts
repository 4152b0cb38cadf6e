import { describe, expect, it } from '@jest/globals';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';
import { useTemporaryDirectories } from '../temporary-directory.js';

const temporaryDirectory = useTemporaryDirectories();

async function run(scenario: unknown, ...more: string[]): Promise<ChildProcessWithoutNullStreams> {
  const path = join(await temporaryDirectory('scenario'), 'scenario.json');
  await writeFile(path, typeof scenario === 'string' ? scenario : JSON.stringify(scenario));
  return spawn(process.execPath, [join('libs', 'testing', 'bin', 'heddle-scripted-model.mjs'), path, ...more]);
}

async function refusal(scenario: unknown, ...more: string[]): Promise<[code: number, words: string]> {
  const child = await run(scenario, ...more);
  const [words, [code]] = await Promise.all([textOf(child.stderr), once(child, 'exit') as Promise<[number]>]);
  return [code, words];
}

const GOOD = { conversations: [{ name: 'a', steps: [{ text: 'Hi.' }] }] };

describe('heddle-scripted-model', () => {
  it('says where it serves, and ends cleanly when it is stopped', async () => {
    const child = await run(GOOD);
    const ended = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];

    const models = await fetch(`${(JSON.parse(line) as { url: string }).url}/v1/models`);
    expect(models.status).toBe(200);

    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('tells of a request that no step answers, and of no other', async () => {
    const child = await run({ conversations: [{ name: 'a', match: 'Greet', steps: [{ text: 'Hi.' }] }] });
    const told = textOf(child.stderr);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { url } = JSON.parse(line) as { url: string };
    const ask = async (input: string, tools: readonly unknown[]): Promise<void> => {
      const body = JSON.stringify({ model: 'm', input, tools });
      await (await fetch(`${url}/v1/responses`, { method: 'POST', body })).text();
    };
    await fetch(`${url}/v1/models`);
    await ask('Greet', [{ type: 'function', name: 'exec_command' }]);
    await ask('Greet', []);
    await ask('Something else', [{ type: 'function', name: 'exec_command' }]);
    child.kill('SIGTERM');

    expect((await told).split('\n').map((text) => text.replace(/,"model".*/, ''))).toEqual([
      'not in the script: POST /v1/responses {"outcome":"side","status":200',
      'not in the script: POST /v1/responses {"outcome":"no_conversation","status":400',
      '',
    ]);
  });

  it('says what is wrong with a scenario, and where', async () => {
    const [code, words] = await refusal({ conversations: [{ name: 'a', steps: [{ fault: { kind: 'gremlins' } }] }] });

    expect(code).toBe(1);
    expect(words).toMatch(/is wrong:\nconversations\.0\.steps\.0\.fault\.kind: /);
  });

  it('says so when a scenario is not JSON', async () => {
    const [code, words] = await refusal('{');

    expect([code, words]).toEqual([1, expect.stringMatching(/is not JSON: /)]);
  });

  it.each([[['--port', 'many']], [['--no-such-option']], [['another.json']]])(
    'shows its usage for %j',
    async (more) => {
      const [code, words] = await refusal(GOOD, ...more);

      expect([code, words]).toEqual([2, expect.stringMatching(/^Usage: /)]);
    },
  );
});
