import { readdirSync, readFileSync } from 'node:fs';
import type { Abuse } from '../abuse.js';

const DAEMON = 'heddle-conformance-daemon';
const FORKER = 'heddle-conformance-forker';

/** Outliving its own end, and being seen by, or taking from, those beside it. */
export const PROCESS_ABUSES: readonly Abuse[] = [
  {
    id: '28',
    title: 'leaves daemons that close everything and ignore every signal',
    script: () => `
(setsid nohup bash -c 'trap "" TERM HUP INT QUIT; : ${DAEMON}; exec 0<&- 1>&- 2>&-; while :; do sleep 1000; done' &)
(setsid bash -c '(setsid bash -c "trap \\"\\" TERM; : ${DAEMON}; while :; do sleep 1001; done" &)' &)
echo started > started.txt`,
    judge: () => {
      const left = processesOf(DAEMON);
      return left.length === 0 ? [] : [`${String(left.length)} of them live on`];
    },
  },
  {
    id: '46',
    title: 'stops process 1, itself and everything that it can, for good',
    limits: { duration: '3s' },
    script: () => `
kill -STOP 1; kill -STOP 2
(sleep 1000 & kill -STOP $!)
kill -STOP -1; kill -STOP $$`,
    judge: ({ attempt }) =>
      attempt.statusDetail === 'TIME_LIMIT' ? [] : [`the attempt is ${attempt.state} (${attempt.statusDetail})`],
  },
  {
    id: '47',
    title: 'forks on, deaf to SIGTERM, while it is being ended',
    limits: { duration: '3s', processes: 64 },
    script: () => `
exec bash -c ': ${FORKER}; trap "" TERM INT HUP; f() { while :; do (f) 2>/dev/null & sleep 0.02; done; }; f'`,
    judge: ({ attempt }) => [
      ...(attempt.statusDetail === 'TIME_LIMIT' || attempt.statusDetail === 'PROCESS_LIMIT'
        ? []
        : [`the attempt is ${attempt.state} (${attempt.statusDetail})`]),
      ...(processesOf(FORKER).length === 0 ? [] : ['some of them live on']),
    ],
    gaps: { 'rootless-weak': 'process limit' },
  },
  {
    id: '50',
    title: 'writes lines without end, and what is no text, into the log',
    script: () => `
head -c 3000000 /dev/zero | tr '\\0' '\\377'; echo
head -c 3000000 /dev/zero | tr '\\0' x; echo
echo end`,
    judge: ({ lines }) => [
      ...(lines.at(-1)?.text === 'end' ? [] : ['the log is not complete']),
      ...(lines.reduce((sum, { text }) => sum + text.split('x').length - 1, 0) === 3_000_000
        ? []
        : ['the long line is not whole']),
      ...(lines.every(({ text }) => text.length <= 64 * 1024) ? [] : ['a line of the log has no limit']),
    ],
  },
  {
    id: '29',
    title: 'rewrites files while it is being stopped',
    script: () => `
(setsid bash -c 'exec 0<&- 1>&- 2>&-; i=0; while :; do i=$((i+1)); echo $i > one.txt; echo $i > two.txt; done' &)
while [ ! -s two.txt ]; do :; done`,
    judge: ({ attempt, change }) => [
      ...(attempt.state === 'COMPLETED' ? [] : [`the attempt is ${attempt.state}`]),
      ...(change?.files.length === 2 ? [] : ['the change is not complete']),
    ],
  },
  {
    id: '30',
    title: 'writes control sequences into the log',
    script: () =>
      `printf '\\033]0;owned\\007\\033[2J\\033[H\\033[31mred\\n'; printf '\\033]52;c;b3duZWQ=\\007\\n'; echo end`,
    judge: ({ lines }) => (lines.some(({ text }) => text === 'end') ? [] : ['the log is not complete']),
  },
  {
    id: '40',
    title: 'takes what the kernel gives each user once',
    gaps: { 'rootless-weak': 'user of its own' },
    script: () => `
perl -e 'my $n = (\`uname -m\` =~ /x86/) ? 294 : 26; my $i = 0; $i++ while syscall($n, 0) >= 0; exit($i > 0 ? 0 : 1)' || exit 1
exec perl -e 'my $n = (\`uname -m\` =~ /x86/) ? 294 : 26; while (syscall($n, 0) >= 0) {} print "taken\\n"; $| = 1; sleep 3'`,
  },
  {
    id: '41',
    title: 'finds shared memory, queues and semaphores of the host',
    script: () => 'for kind in shm msg sem; do [ "$(wc -l < /proc/sysvipc/$kind)" = 1 ]; done',
  },
  {
    id: '42',
    title: 'learns what the host calls itself',
    script: ({ hostName }) => `[ "$(uname -n)" != '${hostName}' ]`,
  },
];

/** Whose arguments name it as a command that does nothing. */
function processesOf(marker: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`: ${marker}; `);
    } catch {
      return false;
    }
  });
}
