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
