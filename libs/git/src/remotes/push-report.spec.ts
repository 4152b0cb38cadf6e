import { describe, expect, it } from '@jest/globals';
import { parsePushReport } from './push-report.js';

const REF = 'refs/heads/main';

describe('parsePushReport', () => {
  it.each([
    ['a lost lease', `!\tabc:${REF}\t[rejected] (stale info)\nDone\n`, '', 'STALE'],
    ['a hook', `!\tabc:${REF}\t[remote rejected] (pre-receive hook declined)\nDone\n`, 'remote: no', 'REJECTED'],
    ['a ref in use', `!\tabc:${REF}\t[remote rejected] (failed to update ref)\nDone\n`, 'remote: x', 'FAILED'],
    ['a report that breaks off', `*\tabc:${REF}\t[new branch]\n`, 'fatal: the remote end hung up', 'UNKNOWN'],
    ['a connection that breaks off', '', 'fatal: the remote end hung up unexpectedly', 'UNKNOWN'],
    [
      'a key that may only read',
      '',
      'ERROR: The key is read only.\nfatal: Could not read from remote repository.',
      'FAILED',
    ],
    [
      'missing leave',
      '',
      'error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403\nfatal: the remote end hung up unexpectedly',
      'FAILED',
    ],
  ])('reads %s', (_, stdout, stderr, kind) => {
    expect(parsePushReport(stdout, stderr, REF).kind).toBe(kind);
  });
});
