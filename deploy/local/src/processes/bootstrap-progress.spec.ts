import { expect, it } from '@jest/globals';
import { progress } from '../../bootstrap/progress.mjs';

it('says in a log that a long step still goes on, and its end once', async () => {
  let written = '';
  let heard: () => void = () => undefined;
  const twice = new Promise<void>((resolve) => (heard = resolve));
  const write = (text: string): void => {
    written += text;
    if (written.split('\n').length > 2) heard();
  };
  await progress({ write }, 1)('dependencies installed', () => twice);
  const lines = written.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(lines[0]).toMatch(/^… waiting for: dependencies installed \(\d/);
  expect(lines.filter((line) => line.startsWith('✓ dependencies installed'))).toEqual([lines.at(-1)]);
});
