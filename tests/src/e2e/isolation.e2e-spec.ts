import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attempt, Batch, Change, FileDiff } from '@heddle/sdk';
import { makeLargeRepository } from '../support/git/large-repository.js';
import { usePlatform } from '../support/platform/use-platform.js';
import { bashTask, gated, type GatedScript } from '../support/work/agents.js';
import { gateProcesses, openGate } from '../support/work/gates.js';
import { attemptsOf, batchEnded, changeOf, createBatch, registerRepository } from '../support/work/launch.js';
import { completeLog, printed, untilPrinted, wholeLog } from '../support/work/log-reader.js';

const TASKS = 24;
const FILES = 5_000;
const SHARED = 'modules/m0/file-0.txt';

const platform = usePlatform({ HEDDLE_RUNNER_SLOTS: String(TASKS) });

describe(`${String(TASKS)} tasks at once on ${String(FILES)} files`, () => {
  let scripts: GatedScript[];
  let attempts: Attempt[];
  let atOnce: number;
  let said: string[][];
  let ended: Batch;
  let changes: Change[];
  let originPath: string;

  beforeAll(async () => {
    const { rest, dataDirectory } = platform;
    const origin = await makeLargeRepository(platform.scratch, FILES);
    originPath = origin.path;
    const repository = await registerRepository(rest, origin.path);
    const httpPort = new URL(platform.running.runJson.url).port;
    scripts = Array.from({ length: TASKS }, (_, index) =>
      gated({
        before: marks(index),
        after: [probe(dataDirectory, origin.path, httpPort), index === 0 ? 'kill -KILL -1; echo survived' : ''].join(
          '\n',
        ),
      }),
    );
    const batch = await createBatch(
      rest,
      repository,
      scripts.map(({ script }, index) => bashTask(`Task ${String(index)}`, script)),
    );
    attempts = attemptsOf(batch);
    await Promise.all(attempts.map(({ id }) => untilPrinted(rest, id, 'start 1')));
    atOnce = scripts.filter(({ gate }) => gateProcesses(gate).length === 1).length;
    await Promise.all(scripts.map(({ gate }) => openGate(gate)));
    ended = await batchEnded(rest, batch.id);
    attempts = attemptsOf(ended);
    said = await Promise.all(attempts.map(async ({ id }) => printed(await wholeLog(rest, id))));
    changes = await Promise.all(attempts.map((attempt) => changeOf(rest, attempt)));
  }, 300_000);

  it('ran them all at the same time', () => {
    expect(atOnce).toBe(TASKS);
  });

  it('completed every one, each with its own change to the same file and nothing else', async () => {
    expect(ended).toMatchObject({ state: 'COMPLETED', attemptCounts: { COMPLETED: TASKS } });
    for (const [index, change] of changes.entries()) {
      expect(change).toMatchObject({
        partial: false,
        stats: { files: 1, additions: 1, deletions: 2 },
        files: [{ path: SHARED, status: 'MODIFIED' }],
      });
      const { files } = await platform.rest.get<{ files: FileDiff[] }>(`/v1/changes/${change.id}/diff`);
      expect(files[0]?.patch.split('\n').filter((line) => /^[+-][^+-]/.test(line))).toEqual([
        '-module 0',
        `+written by ${String(index)}`,
      ]);
    }
    expect(new Set(changes.map(({ treeId }) => treeId)).size).toBe(TASKS);
  });

  it('showed each the whole repository and only its own writing', () => {
    for (const [index, lines] of said.entries()) {
      expect(field(lines, 'sees')).toEqual([`written by ${String(index)}`]);
      expect(field(lines, 'files')).toEqual([String(FILES)]);
      expect(field(lines, 'status')).toEqual([`M ${SHARED}`]);
      expect(field(lines, 'commits')).toEqual(['1']);
      for (const place of ['tmp', 'shm', 'home'])
        expect([place, field(lines, place)]).toEqual([place, [`mark-${String(index)}`]]);
    }
  });

  it('showed each its own processes only', () => {
    for (const [index, lines] of said.entries()) {
      expect(field(lines, 'gate')).toEqual([scripts[index]?.gate.slice(0, 13)]);
    }
    expect(said[0]).toContain('survived');
  });

  it('gave none a network', () => {
    for (const lines of said) {
      expect(field(lines, 'interface')).toEqual(['lo']);
      expect(field(lines, 'reached')).toEqual([]);
    }
  });

  it('gave none a path of the host', () => {
    for (const lines of said) {
      expect(field(lines, 'host-path')).toEqual([]);
      expect(field(lines, 'wrote')).toEqual([]);
      expect(field(lines, 'identity')[0]).not.toBe('0');
    }
  });

  it('told none a secret of the platform', async () => {
    const secrets = secretsOf(platform.dataDirectory);
    expect(secrets.length).toBeGreaterThanOrEqual(3);
    for (const { id } of attempts) {
      const text = await (await completeLog(platform.rest, `attempts/${id}`)).text();
      expect(text).toContain('dump HOME=/home/agent');
      for (const secret of secrets) expect(text.includes(secret)).toBe(false);
      expect(text).not.toContain('HEDDLE_INTERNAL_TOKEN');
      expect(text).not.toContain('HEDDLE_DATABASE_URL');
      expect(text.includes(originPath)).toBe(false);
      expect(text.includes(platform.dataDirectory)).toBe(false);
    }
  });
});

/** What each leaves where another could find it. */
function marks(index: number): string {
  const mark = `mark-${String(index)}`;
  return [`echo 'written by ${String(index)}' > ${SHARED}`, `touch /tmp/${mark} /dev/shm/${mark} "$HOME/${mark}"`].join(
    '\n',
  );
}

/** What each can see and do, one `<name> <value>` per line. Probes that must fail must not end the script. */
function probe(dataDirectory: string, originPath: string, httpPort: string): string {
  // Not in clear: the script itself stands in the arguments that it prints.
  const hostPaths = Buffer.from(`${dataDirectory} ${originPath}`).toString('base64');
  return `
set +e
echo "sees $(cat ${SHARED})"
echo "files $(find modules -type f | wc -l)"
git status --short | sed 's/^ *//; s/^/status /'
echo "commits $(git rev-list --all | wc -l)"
ls /tmp | grep '^mark' | sed 's/^/tmp /'
ls /dev/shm | grep '^mark' | sed 's/^/shm /'
ls "$HOME" | grep '^mark' | sed 's/^/home /'
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -o 'gate-[0-9a-f]\\{8\\}' | sort -u | sed 's/^/gate /'
tail -n +3 /proc/net/dev | cut -d: -f1 | sed 's/ //g; s/^/interface /'
(exec 3<> /dev/tcp/127.0.0.1/${httpPort}) 2>/dev/null && echo "reached gateway"
(exec 3<> /dev/tcp/1.1.1.1/53) 2>/dev/null && echo "reached world"
for path in $(echo ${hostPaths} | base64 -d) /etc/shadow /root/.bashrc /home/*/.ssh /var/lib /var/run/docker.sock /sys/fs/cgroup/cgroup.procs; do
  [ -e "$path" ] && echo "host-path $path"
done
for path in /usr/mark /etc/mark /opt/mark /mark; do (: > "$path") 2>/dev/null && echo "wrote $path"; done
echo "identity $(id -u)"
cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | sed 's/^/dump /'
git config --list --show-origin | sed 's/^/dump /'
`;
}

function field(lines: readonly string[], name: string): string[] {
  return lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
}

/** The values that the launcher made for this data directory. */
function secretsOf(dataDirectory: string): string[] {
  const directory = join(dataDirectory, 'secrets');
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(directory, name), 'utf8').trim())
    .filter((value) => value.length >= 8);
}
