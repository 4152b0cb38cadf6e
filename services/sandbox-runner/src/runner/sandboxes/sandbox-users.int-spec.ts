import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { useTemporaryDirectories } from '@heddle/testing';
import { RunnerHarness } from '../../testing/runner-harness.js';
import { capture } from '../phases/capture.phase.js';
import { provision } from '../phases/provision.phase.js';
import { release } from '../phases/release.phase.js';
import { runChecks } from '../phases/run-checks.phase.js';
import { runTurn } from '../phases/run-turn.phase.js';

const isRoot = process.getuid?.() === 0;
let harness: RunnerHarness;

/** One file by its first bytes, so that each is another blob; all in the base. */
const MANY_FILES = 'for i in $(seq 500); do echo "$i" > "f$i"; done; mkdir dir; echo x > dir/x';

const AGENT = [
  'bash',
  '-c',
  'git status --porcelain; id -u; stat -c %u f1 .git dir; echo new > new; echo more >> f2; mv dir moved',
];

(isRoot ? describe : describe.skip)('the users of sandboxes', () => {
  beforeAll(async () => {
    harness = await RunnerHarness.start(await temporary('users'), MANY_FILES);
  });

  afterAll(async () => {
    expect(await harness.stop()).toEqual([]);
  });

  const uidOf = async (owner: SandboxOwnerRef): Promise<number> => (await harness.context.sandboxes.get(owner)).uid;

  async function turnOf(id: string): Promise<SandboxOwnerRef> {
    const owner = harness.attempt(id, AGENT, {
      checks: [harness.check('owns', 'set -e; git diff --quiet HEAD -- f1; cat f2; rm f2; rm -r moved')],
    });
    await provision(harness.context, owner, harness.signal);
    const turn = await runTurn(harness.context, owner, 1, harness.signal);
    expect(turn).toMatchObject({ outcome: 'EXITED', exitCode: 0 });
    return owner;
  }

  it('differ on the host and are the same to the inside, whose status is clean without reading a file', async () => {
    const owners = [await turnOf('u1'), await turnOf('u2')];
    const uids = await Promise.all(owners.map(uidOf));
    expect(new Set(uids).size).toBe(2);
    for (const owner of owners) {
      const sandbox = await harness.context.sandboxes.get(owner);
      const base = String(sandbox.base.uid);
      await harness.until(() => harness.publisher.texts(owner.id).length >= 4);
      // Nothing of a status, the own uid, and that of files of the base.
      expect(harness.publisher.texts(owner.id)).toEqual([base, base, base, base]);
      const upper = [...(await sandbox.state()).boxes.values()][0]?.paths.upper ?? '';
      const written = await readdir(upper);
      expect(written.sort()).toEqual(['.git', 'dir', 'f2', 'moved', 'new']);
      // An index that does not fit what the inside sees would have been written anew, after reading everything.
      expect(await readdir(join(upper, '.git'))).toEqual([]);
      for (const name of ['f2', 'moved', 'new']) expect((await lstat(join(upper, name))).uid).toBe(sandbox.uid);
    }
    for (const owner of owners) await release(harness.context, owner);
  });

  it('are captured and checked like any, and not taken by a sandbox of the next runner', async () => {
    const first = await turnOf('u3');
    const captured = await capture(harness.context, { owner: first, turn: 1, partial: false }, harness.signal);
    expect(await harness.store.list(captured.commit)).toEqual(
      expect.arrayContaining(['100644 f1', '100644 f2', '100644 moved/x', '100644 new']),
    );
    const { checks } = await runChecks(
      harness.context,
      { owner: first, turn: 1, commit: captured.commit },
      harness.signal,
    );
    expect(checks).toMatchObject([{ name: 'owns', state: 'PASSED' }]);
    await harness.restartRunner();
    const uid = await uidOf(first);
    const others = await Promise.all(['u4', 'u5', 'u6'].map((id) => turnOf(id)));
    expect(await Promise.all(others.map(uidOf))).not.toContain(uid);
    for (const owner of [first, ...others]) await release(harness.context, owner);
  });
});

// After the hooks above: directories go when nothing uses them any more.
const temporary = useTemporaryDirectories();
