import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const BOOTSTRAP = new URL('../../bootstrap/', import.meta.url).href;

/** What `npm start` does while it installs, with a child that says its pid and stays. */
const INSTALLING = `
  import { endWithChildren } from '${BOOTSTRAP}end-with-children.mjs';
  import { run } from '${BOOTSTRAP}run.mjs';
  endWithChildren();
  const child = 'process.send({ pid: process.pid }); setInterval(() => {}, 1000)';
  const options = { stdio: ['ignore', 'pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_CHANNEL_FD: '3' } };
  await run(process.execPath, ['-e', child], options);
  console.log('a failure that is none');
`;

/** Where it was not ended it would keep the test open. */
function endLeftover(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, as it should be.
  }
}

describe('a signal during the set-up', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s ends what was begun, and then the set-up itself', async (signal) => {
    const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const;
    const setUp = spawn(process.execPath, ['--input-type=module', '-e', INSTALLING], { stdio: [...stdio] });
    let said = '';
    setUp.stdout?.on('data', (text: Buffer) => (said += text.toString()));
    const [{ pid }] = (await once(setUp, 'message')) as [{ pid: number }];
    try {
      setUp.kill(signal);
      expect(await once(setUp, 'exit')).toEqual([null, signal]);
      expect(said).toBe('');
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    } finally {
      endLeftover(pid);
    }
  });

  it('reaches the set-up through npm: no shell stays in between', () => {
    const manifest = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> };
    expect(Object.values(scripts).filter((script) => !script.startsWith('exec '))).toEqual([]);
  });
});
