import { describe, expect, it } from '@jest/globals';
import type { Runner } from '@heddle/sdk';
import { COLOURED, PLAIN } from '../output/style.js';
import { attempt, batch, change, check, IDS, landing, NOW, overlap, task } from '../testing/samples.js';
import { agentToolLines } from './agent-tool-view.js';
import { attemptDetails, attemptList } from './attempt-view.js';
import { batchHeadline, batchList, batchTable } from './batch-view.js';
import { comparison } from './comparison-view.js';
import { blocks, checkTable } from './check-view.js';
import { fileDiffLines, fileTable } from './diff-view.js';
import { landingLines } from './landing-view.js';
import { overlapTable } from './overlap-view.js';
import { repositoryTable } from './repository-view.js';
import { runnerLines } from './runner-view.js';
import { statusLines } from './status-view.js';
import { taskDetails, taskList } from './task-view.js';

const view = { style: PLAIN, columns: undefined, now: NOW };
const ENDED = '2026-05-04T10:00:13Z';

describe('programs of agents', () => {
  it('are shown by version and runner, with what went wrong', () => {
    const on = (runnerId: string, state: 'READY' | 'FAILED', message = '') => ({
      ...{ runnerId, state, message, sizeBytes: '423624704', digest: '', locked: true, number: 1 },
      verifyTime: state === 'READY' ? ENDED : undefined,
    });
    const tool = {
      kind: 'CODEX',
      version: '0.169.0',
      package: '@openai/codex',
      default: true,
      wanted: true,
      number: 1,
    };
    const runners = [on('0000000a-0000', 'READY'), on('0000000b-0000', 'FAILED', 'npm\u001b[2J could not')];
    const lines = agentToolLines([{ ...tool, createTime: ENDED, runners }], view);
    expect(lines[1]).toMatch(/^CODEX +0\.169\.0 +default +\S+ +READY +404 MiB/);
    expect(lines.at(-1)).toContain('heddle admin agents remove CODEX --version 0.169.0');
    expect(lines.at(-2)).toMatch(/^CODEX 0\.169\.0 on \S+: npm.* could not$/);
    expect(lines.join('')).not.toContain('\u001b');
    expect(agentToolLines([], view)).toEqual([expect.stringContaining('heddle admin agents install')]);
  });
});

describe('batches', () => {
  it('shows a running batch without empty columns', () => {
    expect([batchHeadline(batch(), view), ...batchTable(batch(), [], view)]).toEqual([
      'Batch 000ba7c4  RUNNING  2 RUNNING  base 0123456789  30s',
      '#  ATTEMPT   TASK           STATE    TIME',
      '1  0a77e901  Task number 1  RUNNING  29s',
      '2  0a77e902  Task number 2  RUNNING  29s',
    ]);
  });

  it('shows what agents are doing as long as nothing else is to be said of them', () => {
    const doing = { activitySummary: 'runs npm\u001b[2J test' };
    const attempts = [attempt(1, doing), attempt(2, { ...doing, statusDetail: 'PAUSED' })];
    const lines = batchTable(batch({ tasks: [task(1, { attempts })] }), [], view);
    expect(lines[1]).toMatch(/ RUNNING {2}runs npm.* test +29s$/);
    expect(lines[2]).toMatch(/ RUNNING {2}PAUSED +29s$/);
    expect(attemptList(attempts, view, false)[1]).toMatch(/ runs npm.* test /);
    expect(attemptDetails(attempt(1, doing), view).join('\n')).toMatch(/doing +runs npm.* test/);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('shows what a batch came to', () => {
    const ended = batch({
      state: 'COMPLETED',
      attemptCounts: { COMPLETED: 1, FAILED: 1, RUNNING: 0 },
      endTime: ENDED,
      tasks: [
        task(1, {
          attempts: [
            attempt(1, { state: 'COMPLETED', endTime: ENDED, changeId: IDS.change(1), landingState: 'LANDED' }),
          ],
        }),
        task(2, {
          attempts: [
            attempt(2, {
              state: 'FAILED',
              statusDetail: 'AGENT_EXIT_NONZERO',
              endTime: ENDED,
              changeId: IDS.change(2),
            }),
          ],
        }),
      ],
    });
    const changes = [
      change(1, { reviewState: 'APPROVED' }),
      change(2, { partial: true, empty: true, checks: [check({ state: 'FAILED', exitCode: 1 })] }),
    ];
    expect([batchHeadline(ended, view), ...batchTable(ended, changes, view)]).toEqual([
      'Batch 000ba7c4  COMPLETED  1 COMPLETED, 1 FAILED  base 0123456789  13s',
      '#  ATTEMPT   TASK           STATE      DETAIL              TIME  DIFF            CHECKS       REVIEW    LANDING',
      '1  0a77e901  Task number 1  COMPLETED                      12s   2 files +10 -3  1 passed     APPROVED  LANDED',
      '2  0a77e902  Task number 2  FAILED     AGENT_EXIT_NONZERO  12s   no changes      unit FAILED  PENDING',
    ]);
  });

  it('shows why a batch waits, and a batch whose attempts are not there yet', () => {
    const waiting = batch({
      state: 'QUEUED',
      baseCommit: undefined,
      statusDetail: 'REPOSITORY_SYNCING',
      attemptCounts: {},
      tasks: [task(1, { state: 'QUEUED', attempts: [] })],
    });
    expect([batchHeadline(waiting, view), ...batchTable(waiting, [], view)]).toEqual([
      'Batch 000ba7c4  QUEUED  REPOSITORY_SYNCING  30s',
      '#  ATTEMPT   TASK           STATE',
      '1  0007a501  Task number 1  QUEUED',
    ]);
  });

  it('numbers the attempts of one task', () => {
    const two = batch({ tasks: [task(1, { attempts: [attempt(1), attempt(2, { attemptNumber: 2 })] })] });
    expect(batchTable(two, [], view).slice(1)).toEqual([
      '1  0a77e901  Task number 1 (1)  RUNNING  29s',
      '1  0a77e902  Task number 1 (2)  RUNNING  29s',
    ]);
  });

  it('lists them, or says how to get one', () => {
    expect(batchList([batch()], view)).toEqual([
      'ID        STATE    ATTEMPTS   REF   BASE        CREATED',
      '000ba7c4  RUNNING  2 RUNNING  main  0123456789  just now',
    ]);
    expect(batchList([], view)).toEqual(['There is no batch yet. Launch one: heddle batch create -f tasks.yaml']);
  });
});

describe('tasks', () => {
  it('shows one with its attempts and its prompt', () => {
    const shown = taskDetails(
      task(1, {
        prompt: 'Fix it.\nWell.\n',
        agent: {
          kind: 'COMMAND',
          command: ['bash', '-c', 'true'],
          version: '',
          model: '',
          effort: '',
          args: [],
          credentialId: '',
          mcpServers: [],
        },
        attempts: [
          attempt(1, {
            sandbox: {
              driver: 'BUBBLEWRAP',
              boundary: 'FULL',
              missing: ['CPU limit'],
              fileSystem: 'OVERLAY',
              setupCache: 'NONE',
              setupCacheReason: '',
            },
            usage: {
              peakMemoryBytes: '356515840',
              peakProcesses: 12,
              cpuDuration: '3.400s',
              peakDiskBytes: '0',
              peakDiskInodes: '0',
              outputBytes: '1536',
            },
          }),
        ],
      }),
      view,
    );
    expect(shown).toEqual([
      `Task ${IDS.task(1)}  RUNNING`,
      'title       Task number 1',
      `batch       ${IDS.batch}`,
      'agent       COMMAND bash -c true',
      '',
      'ATTEMPT   STATE    DETAIL  EXIT  TIME  CHANGE  SANDBOX',
      '0a77e901  RUNNING             -  29s   -       BUBBLEWRAP FULL',
      'The boundary is without: CPU limit',
      '',
      'USED BY    MEMORY  PROCESSES   CPU  DISK  FILES   OUTPUT',
      '0a77e901  340 MiB         12  3.4s     -      -  1.5 KiB',
      '',
      'prompt',
      '  Fix it.',
      '  Well.',
    ]);
  });

  it('lists them, or says how to get one', () => {
    expect(taskList([task(1)], view)[1]).toBe('0007a501  Task number 1  RUNNING          000ba7c4  just now');
    expect(taskList([], view)[0]).toContain('heddle run');
  });
});

describe('overlaps, checks and landings', () => {
  it('names the tasks that meet', () => {
    expect(
      overlapTable([overlap(), overlap({ level: 'FILE', duplicate: true, paths: ['a', 'b'] })], batch(), view),
    ).toEqual([
      'LEVEL    CHANGES                              PATHS',
      'TEXTUAL  1 Task number 1  ×  2 Task number 2  src/cart.js',
      'FILE     1 Task number 1  ×  2 Task number 2  a, b         DUPLICATE',
    ]);
    expect(overlapTable([], batch(), view)).toEqual(['No overlaps between changes of different tasks.']);
  });

  it('shows checks, and knows which block', () => {
    const checks = [
      check(),
      check({ name: 'lint', state: 'TIMED_OUT', exitCode: undefined, advisory: true, duration: '600s' }),
    ];
    expect(checkTable(checks, view)).toEqual([
      'CHECK  STATE      EXIT     TOOK',
      'unit   PASSED        0     1.2s',
      'lint   TIMED_OUT     -  10m 00s  advisory',
    ]);
    expect(checks.map(blocks)).toEqual([false, false]);
    expect(blocks(check({ state: 'FAILED' }))).toBe(true);
    expect(checkTable([], view)).toEqual(['No checks were run.']);
  });
});

describe('diffs', () => {
  const file = {
    path: 'src/a.js',
    status: 'MODIFIED',
    additions: 1,
    deletions: 1,
    binary: false,
    mode: '100644',
    oldMode: '100644',
  } as const;
  const patch = 'diff --git a/src/a.js b/src/a.js\n--- a/src/a.js\n+++ b/src/a.js\n@@ -1 +1 @@\n--- x\n+\u001b[2Jy\n';

  it('colours lines by what they are, the head apart from removed lines that look like it', () => {
    const { bold, cyan, red, green } = COLOURED;
    expect(fileDiffLines({ file, patch, tooLarge: false, hunks: [] }, { ...view, style: COLOURED })).toEqual([
      bold('diff --git a/src/a.js b/src/a.js'),
      bold('--- a/src/a.js'),
      bold('+++ b/src/a.js'),
      cyan('@@ -1 +1 @@'),
      red('--- x'),
      green('+␛[2Jy'),
    ]);
  });

  it('says what is not shown', () => {
    expect(fileDiffLines({ file, patch: '', tooLarge: true, hunks: [] }, view)[1]).toContain('too large');
    expect(
      fileDiffLines({ file: { ...file, binary: true }, patch: '', tooLarge: false, hunks: [] }, view)[1],
    ).toContain('binary');
  });

  it('lists files with renames and binaries', () => {
    expect(
      fileTable([file, { ...file, status: 'RENAMED', oldPath: 'old.bin', path: 'new.bin', binary: true }], view),
    ).toEqual(['STATUS      +    -  FILE', 'MODIFIED    1    1  src/a.js', 'RENAMED   bin  bin  old.bin → new.bin']);
    expect(fileTable([], view)).toEqual(['Nothing was changed.']);
  });
});

describe('status and repositories', () => {
  it('shows what is going on', () => {
    const status = {
      url: 'http://127.0.0.1:7470',
      server: { version: '0.1.0', apiVersion: 'v1' },
      caller: { principal: 'admin', role: 'OPERATOR' as const },
      agents: [
        { kind: 'COMMAND', description: '', available: true, capabilities: [] },
        { kind: 'CODEX', description: '', available: false, capabilities: [] },
      ],
      repositories: 1,
      attempts: { RUNNING: 2, QUEUED: 1 },
      doing: [{ attemptId: IDS.attempt(1), activitySummary: 'runs npm\u001b[2J test' }],
      landings: {},
      reconciliations: { WAITING_FOR_USER: 1 },
    };
    expect(statusLines(status, view)).toEqual([
      'server        http://127.0.0.1:7470  up  version 0.1.0',
      'you           admin (OPERATOR)',
      'agents        COMMAND, CODEX (not available)',
      'repositories  1',
      'open attempts 2 RUNNING, 1 QUEUED',
      expect.stringMatching(/^ {14}0a77e901 runs npm.* test$/),
      'open landings none',
      'reconciling   1 WAITING_FOR_USER',
    ]);
  });

  it('says how to register a repository where there is none', () => {
    expect(repositoryTable([], view)).toEqual([
      'No repository is registered yet. Register one: heddle repo add PATH_OR_URL',
    ]);
  });
});

describe('runners', () => {
  const runner: Runner = {
    id: '0a1b2c3d-0000-4000-8000-000000000000',
    state: 'ACTIVE',
    pool: 'default',
    slots: 8,
    used: 3,
    version: '0.1.0',
    driver: 'BUBBLEWRAP',
    boundary: 'FULL',
    missing: ['CPU limit'],
    fileSystem: 'OVERLAY',
    failedProbes: [],
    lastSeenTime: '2026-05-04T10:00:25Z',
  };

  it('shows who takes work, what their boundary lacks, and why one refuses', () => {
    const refusing: Runner = {
      ...runner,
      id: '0f1b2c3d-0000-4000-8000-000000000001',
      state: 'REFUSING',
      driver: '',
      boundary: '',
      fileSystem: '',
      missing: [],
      failedProbes: ['the user is not root'],
      used: 0,
    };
    const told = { ...runner, drainTime: '2026-05-04T10:00:00Z', missing: [] };
    expect(runnerLines([told], view)).toContain('00000000 is to drain, and has not heard of it yet');
    expect(runnerLines([{ ...told, state: 'DRAINING' }], view)).toHaveLength(2);
    expect(runnerLines([runner, refusing], view)).toEqual([
      'ID        STATE     POOL     SLOTS  SANDBOX          FILES    SEEN',
      '00000000  ACTIVE    default    3/8  BUBBLEWRAP FULL  OVERLAY  just now',
      '00000001  REFUSING  default    0/8  -                -        just now',
      '00000001 refuses work: the user is not root',
      'The boundary of 00000000 is without: CPU limit',
    ]);
  });

  it('says where one would come from when there is none', () => {
    expect(runnerLines([], view).join()).toContain('No runner has reported itself yet');
  });
});

describe('hostile words', () => {
  const evil = 'x\u001b]52;c;cGF3bmVk\u0007\r\n\u202ey';
  const harmless = (lines: readonly string[]): void => {
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  };

  it('never reach the terminal by any view', () => {
    const bad = batch({
      statusDetail: evil,
      tasks: [
        task(1, {
          title: evil,
          prompt: evil,
          statusDetail: evil,
          attempts: [attempt(1, { statusDetail: evil, changeId: 'c', variant: evil })],
        }),
      ],
    });
    harmless([
      batchHeadline(bad, view),
      ...batchTable(bad, [change(1, { checks: [check({ name: evil, state: 'FAILED' })] })], view),
      ...batchList([bad], view),
    ]);
    harmless(bad.tasks.flatMap((one) => taskDetails(one, view)));
    harmless(bad.tasks.flatMap((one) => comparison(one, [change(1)], view)));
    harmless(taskList(bad.tasks, view));
    harmless(overlapTable([overlap({ paths: [evil] })], bad, view));
    harmless(checkTable([check({ name: evil, statusDetail: evil })], view));
    harmless(
      landingLines(
        landing(1, {
          title: evil,
          targetBranch: evil,
          reason: evil,
          message: evil,
          conflictPaths: [evil],
          landedCommit: undefined,
        }),
        view,
      ),
    );
    harmless(
      fileTable(
        [{ path: evil, status: 'ADDED', additions: 1, deletions: 0, binary: false, mode: '', oldMode: '' }],
        view,
      ),
    );
  });
});
