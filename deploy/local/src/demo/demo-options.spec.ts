import { describe, expect, it } from '@jest/globals';
import { parseDemoOptions } from './demo-options.js';

describe('parseDemoOptions', () => {
  it('takes the example where nothing is said', () => {
    expect(parseDemoOptions([])).toEqual({ own: undefined, landBranch: undefined, keep: false, help: false });
  });

  it('takes a repository together with its tasks', () => {
    expect(parseDemoOptions(['--repo', '.', '--tasks', 't.yaml', '--land', 'next', '--keep'])).toEqual({
      own: { repository: '.', tasksFile: 't.yaml' },
      landBranch: 'next',
      keep: true,
      help: false,
    });
  });

  it.each([[['--repo', '.']], [['--tasks', 't.yaml']], [['--nonsense']], [['extra']]])('refuses %j', (args) => {
    expect(() => parseDemoOptions(args)).toThrow();
  });
});
