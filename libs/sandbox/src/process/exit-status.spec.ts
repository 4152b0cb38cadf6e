import { describe, expect, it } from '@jest/globals';
import { parseStat } from './process-identity.js';
import { parseStatusFile, signalOf } from './exit-status.js';

describe('what is on record about a process', () => {
  it('is read from bubblewrap and from the unsafe driver alike', () => {
    const text = '{ "child-pid": 12, "pid-namespace": 402, "uts-namespace": 7 }\n{ "exit-code": 3 }\n';
    expect(parseStatusFile(text)).toEqual({ initPid: 12, pidNamespace: 'pid:[402]', exitCode: 3 });
    expect(parseStatusFile('{ "exit-code": 0 }')).toEqual({ initPid: undefined, pidNamespace: undefined, exitCode: 0 });
    expect(parseStatusFile('')).toEqual({ initPid: undefined, pidNamespace: undefined, exitCode: undefined });
  });

  it('names the signal behind an exit code above 128', () => {
    expect([signalOf(137), signalOf(143), signalOf(1), signalOf(undefined)]).toEqual([
      'SIGKILL',
      'SIGTERM',
      undefined,
      undefined,
    ]);
  });

  it('a command may be named like the end of its own field', () => {
    const fields = ['S', '4', ...Array.from({ length: 17 }, () => '0'), '777', '0'];
    expect(parseStat(`9 (a) S 1 (b)) ${fields.join(' ')}`)).toEqual({ state: 'S', parent: 4, startTime: '777' });
  });
});
