import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Attempt, Batch, Change, ChangedFile, CheckResult, Repository } from '@heddle/sdk';
import { SampleRepository } from '../support/git/sample-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated, type GatedScript } from '../support/work/agents.js';
import { anythingOf, openGate } from '../support/work/gates.js';
import { attemptEnded, attemptsOf, changeOf, createBatch, registerRepository } from '../support/work/launch.js';
import { completeLog, countedFrom, printed, untilPrinted, wholeLog } from '../support/work/log-reader.js';
import { SHOP } from '../support/work/shop.js';

const platform = usePlatform();

describe('agents that misbehave', () => {
  let origin: SampleRepository;
  let base: string;
  let repository: Repository;
  /** Runs beside all the others, and must not notice. */
  let bystander: GatedScript;
  let witness: Attempt;

  beforeAll(async () => {
    origin = await SampleRepository.make(platform.scratch, SHOP);
    base = await origin.head();
    repository = await registerRepository(platform.rest, origin.path);
    bystander = gated({ after: 'echo unharmed > witness.txt; git status --short' });
    witness = await launch(bystander.script);
    await untilPrinted(platform.rest, witness.id, 'start 1');
  });

  it('a command that does not exist', async () => {
    const attempt = await ended(await launchCommand(['no-such-program', '--now']));
    expect(attempt).toMatchObject({ state: 'FAILED', statusDetail: 'AGENT_COMMAND_NOT_RUNNABLE', exitCode: 127 });
    const notRunnable = await ended(await launchCommand(['/workspace/README.md']));
    expect(notRunnable).toMatchObject({ state: 'FAILED', statusDetail: 'AGENT_COMMAND_NOT_RUNNABLE', exitCode: 126 });
  });

  it('one that fails after some work: the work is kept as a partial change', async () => {
    const attempt = await ended(await launch('echo half > half.txt; exit 3'));
    expect(attempt).toMatchObject({ state: 'FAILED', statusDetail: 'AGENT_EXIT_CODE', exitCode: 3 });
    expect(await changeOf(platform.rest, attempt)).toMatchObject({
      partial: true,
      files: [{ path: 'half.txt', status: 'ADDED' }],
    });
  });

  it('one that kills itself', async () => {
    const attempt = await ended(await launch('echo half > half.txt; kill -KILL $$'));
    expect(attempt).toMatchObject({ state: 'FAILED', statusDetail: 'AGENT_KILLED_BY_SIGNAL' });
    expect(await changeOf(platform.rest, attempt)).toMatchObject({ partial: true, files: [{ path: 'half.txt' }] });
  });

  it('a check that never ends, and one that cannot be run: the attempt is completed all the same', async () => {
    const check = gated();
    const attempt = await ended(
      await launch('echo made > made.txt', {
        checks: [
          { name: 'endless', command: ['bash', '-c', check.script], timeout: '2s' },
          { name: 'missing', command: ['no-such-check'], timeout: '10s' },
          { name: 'red', command: ['false'], timeout: '10s' },
          { name: 'green', command: ['test', '-f', 'made.txt'], timeout: '10s' },
        ],
      }),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    const { checks } = await platform.rest.get<{ checks: CheckResult[] }>(`/v1/attempts/${attempt.id}/checks`);
    expect(checks.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'endless TIMED_OUT',
      'missing FAILED',
      'red FAILED',
      'green PASSED',
    ]);
    expect(checks[1]?.statusDetail).toBe('CHECK_COMMAND_NOT_RUNNABLE');
    expect(anythingOf(check.gate)).toEqual([]);
    await platform.rest.post(`/v1/changes/${attempt.changeId ?? ''}/verdicts`, { verdict: 'APPROVE' });
    const landing = await platform.rest.call('POST', '/v1/landings', { body: { changeId: attempt.changeId } });
    expect(landing).toMatchObject({ status: 400, body: { details: [{ reason: 'CHECKS_NOT_GREEN' }] } });
  });

  it('one that ignores SIGTERM, in a crowd', async () => {
    const stubborn = gated({
      before:
        "trap '' TERM HUP INT; (while :; do sleep 1000; done) & (while :; do sleep 1001; done) & echo was-here > was-here.txt",
    });
    const attempt = await launch(stubborn.script);
    await untilPrinted(platform.rest, attempt.id, 'start 1');
    await platform.rest.post(`/v1/attempts/${attempt.id}:cancel`);
    const cancelled = await ended(attempt);
    expect(cancelled).toMatchObject({ state: 'CANCELLED' });
    expect(anythingOf(stubborn.gate)).toEqual([]);
    expect(await changeOf(platform.rest, cancelled)).toMatchObject({
      partial: true,
      files: [{ path: 'was-here.txt' }],
    });
  });

  it('one that prints 1 GiB: cut at the cap, said so, and it ends well', async () => {
    const attempt = await ended(
      await launch(
        'yes "a line of sixty-three bytes, which is enough for this test....." | head -c 1073741824; echo end > end.txt',
      ),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED', exitCode: 0 });
    const change = await changeOf(platform.rest, attempt);
    expect(change).toMatchObject({ files: [{ path: 'end.txt' }] });
    expect(change.notices).toContainEqual(expect.objectContaining({ reason: 'OUTPUT_TRUNCATED' }));
    const { bytes, notice } = await sizeOfLog(attempt.id);
    // The cap is 64 MiB of output; what the platform says comes on top.
    expect(bytes).toBeGreaterThan(60 * 1024 * 1024);
    expect(bytes).toBeLessThan(70 * 1024 * 1024);
    expect(notice).toBe(true);
  });

  it('one that writes names which are not UTF-8', async () => {
    const attempt = await ended(
      await launch(
        "printf x > $'caf\\xe9.txt'; printf y > $'\\xff\\xfe'; printf z > $'new\\nline'; printf w > 'grüße.txt'",
      ),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    const { files, treeId } = await changeOf(platform.rest, attempt);
    expect(files).toHaveLength(4);
    const bytes = files.map(({ path, pathBytes }) =>
      pathBytes === undefined ? Buffer.from(path) : Buffer.from(pathBytes, 'base64'),
    );
    const expected = [
      Buffer.from('caf\xe9.txt', 'latin1'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('new\nline'),
      Buffer.from('grüße.txt'),
    ];
    expect(bytes.map((name) => name.toString('hex')).sort()).toEqual(
      expected.map((name) => name.toString('hex')).sort(),
    );
    expect(files.filter(({ pathBytes }) => pathBytes !== undefined)).toHaveLength(2);
    expect(await origin.applied(base, await patchOf(attempt))).toBe(treeId);
  });

  it('one that prints bytes which are not text', async () => {
    const attempt = await ended(
      await launch("printf 'good\\n\\xff\\xfe\\n'; printf 'no newline'; printf '\\e[31mred\\e[0m\\n' >&2"),
    );
    const lines = await wholeLog(platform.rest, attempt.id);
    const raw = lines.find(({ raw: bytes }) => bytes !== undefined);
    expect(Buffer.from(raw?.raw ?? '', 'base64')).toEqual(Buffer.from([0xff, 0xfe]));
    expect(printed(lines)).toContain('good');
    expect(lines.find(({ stream }) => stream === 'STDERR')?.text).toContain('red');
  });

  it('one that writes a file of 200 MB', async () => {
    const attempt = await ended(
      await launch('head -c 200000000 /dev/urandom > big.bin; sha256sum big.bin | cut -d" " -f1'),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    const change = await changeOf(platform.rest, attempt);
    expect(change.files).toMatchObject([
      { path: 'big.bin', status: 'ADDED', binary: true } satisfies Partial<ChangedFile>,
    ]);
    const diff = await platform.rest.get<{ files: { patch: string }[] }>(`/v1/changes/${change.id}/diff`);
    expect(diff.files).toMatchObject([{ patch: '' }]);
  });

  it('one that makes symlinks out of the tree: links are kept as links, nothing is read through them', async () => {
    const script =
      'ln -s /etc/passwd passwd; ln -s ../../../../etc/shadow shadow; ln -s / root; ln -s missing dangling; mkdir d; ln -s .. d/up';
    const attempt = await ended(await launch(script));
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    const change = await changeOf(platform.rest, attempt);
    expect(change.files.map(({ path, mode }) => `${mode} ${path}`).sort()).toEqual(
      ['120000 d/up', '120000 dangling', '120000 passwd', '120000 root', '120000 shadow'].sort(),
    );
    const patch = Buffer.from(await patchOf(attempt)).toString('utf8');
    expect(patch).toContain('+/etc/passwd');
    expect(patch).not.toContain('root:x:0:0');
  });

  it('one that deletes .git, and one that makes it a lie', async () => {
    const deleted = await ended(await launch('rm -rf .git; echo new > new.txt; rm README.md'));
    expect(deleted).toMatchObject({ state: 'COMPLETED' });
    expect(
      (await changeOf(platform.rest, deleted)).files.map(({ path, status }) => `${status} ${path}`).sort(),
    ).toEqual(['ADDED new.txt', 'DELETED README.md']);
    const lying = await ended(
      await launch(
        'rm -rf .git; git init -q; git config core.fsmonitor "touch /tmp/owned"; git config core.hooksPath /workspace/hooks; mkdir hooks; printf "#!/bin/sh\\ntouch /tmp/owned\\n" > hooks/post-checkout; chmod +x hooks/post-checkout; echo "* filter=evil" > .gitattributes; git config filter.evil.clean "touch /tmp/owned; cat"; mkfifo .gitignore',
      ),
    );
    expect(lying).toMatchObject({ state: 'COMPLETED' });
    expect((await changeOf(platform.rest, lying)).files.map(({ path }) => path).sort()).toEqual([
      '.gitattributes',
      'hooks/post-checkout',
    ]);
  });

  it('one that commits by itself, stages half and nests a repository', async () => {
    const script =
      'git config user.email a@b; git config user.name a; echo one > one.txt; git add .; git commit -qm one; echo two > two.txt; git add two.txt; echo three > three.txt';
    const attempt = await ended(await launch(script));
    const change = await changeOf(platform.rest, attempt);
    expect(change.baseCommit).toBe(base);
    expect(change.files.map(({ path }) => path)).toEqual(['one.txt', 'three.txt', 'two.txt']);
  });

  it('one that leaves daemons behind: they are dead before the tree is captured', async () => {
    const daemon = gated();
    const attempt = await ended(
      await launch(
        `(setsid nohup bash -c ': ${daemon.gate}; exec 0<&- 1>&- 2>&-; while :; do date +%s%N > daemon.txt; done' &) ; while [ ! -s daemon.txt ]; do :; done; echo done`,
      ),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    expect(anythingOf(daemon.gate)).toEqual([]);
    expect(await changeOf(platform.rest, attempt)).toMatchObject({ files: [{ path: 'daemon.txt' }] });
  });

  it('one that truncates its own output, writes to its input and closes everything', async () => {
    const attempt = await ended(
      await launch('echo before; : > /dev/stdout; echo after; exec 1>&- 2>&-; echo unheard > heard.txt'),
    );
    expect(attempt).toMatchObject({ state: 'COMPLETED' });
    expect(printed(await wholeLog(platform.rest, attempt.id))).toEqual(['before', 'after']);
  });

  it('and nobody beside them has noticed', async () => {
    await openGate(bystander.gate);
    const attempt = await ended(witness);
    expect(attempt).toMatchObject({ state: 'COMPLETED', restartCount: 0 });
    expect(await changeOf(platform.rest, attempt)).toMatchObject({
      partial: false,
      files: [{ path: 'witness.txt' }],
    } satisfies Partial<Record<keyof Change, unknown>>);
    const lines = await wholeLog(platform.rest, attempt.id);
    expect(lines.map(({ sequence }) => sequence)).toEqual(countedFrom(1, lines.length));
    expect(printed(lines).filter((text) => text.startsWith('start '))).toEqual(['start 1']);
  });

  async function launch(script: string, more: Parameters<typeof bashTask>[2] = {}): Promise<Attempt> {
    return only(await createBatch(platform.rest, repository, [bashTask('Misbehave', script, more)]));
  }

  async function launchCommand(command: string[]): Promise<Attempt> {
    return only(
      await createBatch(platform.rest, repository, [{ prompt: 'Run it.', agent: { kind: 'COMMAND', command } }]),
    );
  }

  function ended({ id }: Attempt): Promise<Attempt> {
    return attemptEnded(platform.rest, id);
  }

  async function patchOf({ changeId }: Attempt): Promise<Uint8Array> {
    const response = await platform.rest.open('GET', `/v1/changes/${changeId ?? ''}/patch`);
    return new Uint8Array(await response.arrayBuffer());
  }

  async function sizeOfLog(id: string): Promise<{ bytes: number; notice: boolean }> {
    const text = Buffer.from(await (await completeLog(platform.rest, `attempts/${id}`)).arrayBuffer());
    return { bytes: text.length, notice: text.includes('\n[heddle] ') };
  }
});

function only(batch: Batch): Attempt {
  const [attempt] = attemptsOf(batch);
  if (attempt === undefined) throw new Error('A batch of one task has one attempt');
  return attempt;
}
