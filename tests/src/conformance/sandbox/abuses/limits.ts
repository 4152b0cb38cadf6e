import type { Abuse, Outcome } from '../abuse.js';

const MIB = 1024 * 1024;
const MEMORY = { memoryBytes: String(256 * MIB) };
const DISK = { diskBytes: String(128 * MIB), diskInodes: '20000' };
const MEMORY_GAPS = { 'rootless-weak': 'memory limit' } as const;
const DISK_GAPS = { 'rootless-weak': 'disk limit' } as const;

/** Starving the host and its neighbours. */
export const LIMIT_ABUSES: readonly Abuse[] = [
  {
    id: '16',
    title: 'forks without end',
    limits: { processes: 64 },
    script: () => 'bomb() { bomb | bomb & }; bomb; sleep 2; exit 7',
    judge: ({ attempt, lines }) => [
      ...(lines.some(({ text }) => text.includes('fork')) || attempt.statusDetail === 'PROCESS_LIMIT'
        ? []
        : ['no fork was refused']),
      ...(attempt.endTime === undefined ? ['it never ended'] : []),
    ],
    gaps: { 'rootless-weak': 'process limit' },
  },
  {
    id: '16b',
    title: 'starts 300 processes that stay',
    limits: { processes: 64 },
    script: () =>
      `perl -e 'for (1..300) { my $pid = fork; defined $pid or exit 1; $pid or do { sleep 20; exit } } exit 0'`,
    judge: ({ attempt }) => (attempt.exitCode === 0 ? ['it was given more than its limit'] : []),
    gaps: { 'rootless-weak': 'process limit' },
  },
  ...(
    [
      ['17a', 'its heap', `node -e 'const all = []; for (;;) all.push(Buffer.alloc(8388608, 1))'`],
      ['17b', '/dev/shm', 'for i in $(seq 64); do head -c 8388608 /dev/zero > /dev/shm/$i || exit 1; done'],
      ['17c', '/tmp', 'for i in $(seq 64); do head -c 8388608 /dev/zero > /tmp/$i || exit 1; done'],
      [
        '17d',
        'a file in memory',
        `perl -e 'my $n = (\`uname -m\` =~ /x86/) ? 319 : 279; my $fd = syscall($n, my $name = "m\\0", 0); open(my $f, ">&=", $fd) or exit 1; for (1..64) { syswrite($f, "x" x 8388608) or exit 1 }'`,
      ],
    ] as const
  ).map(([id, where, script]): Abuse => ({
    id,
    title: `fills the memory by ${where}`,
    limits: MEMORY,
    script: () => script,
    judge: (outcome) => [
      ...(outcome.attempt.exitCode === 0 ? ['it was given more than its limit'] : []),
      ...peakBelow(outcome, 256 * MIB),
    ],
    gaps: MEMORY_GAPS,
  })),
  {
    id: '17e',
    title: 'dies of its memory limit, and the attempt says so',
    limits: MEMORY,
    script: () => `exec node -e 'const all = []; for (;;) all.push(Buffer.alloc(8388608, 1))'`,
    judge: ({ attempt }) => is(attempt.statusDetail, 'MEMORY_LIMIT'),
    gaps: MEMORY_GAPS,
  },
  {
    id: '18',
    title: 'burns every processor',
    limits: { cpuMillis: 300 },
    script: () => 'for i in 1 2 3 4; do timeout 4 sh -c "while :; do :; done" & done; wait',
    judge: ({ attempt }) => {
      const { cpuDuration, wallDuration } = attempt.usage ?? {};
      const share = seconds(cpuDuration) / seconds(wallDuration);
      return share > 0 && share < 0.35 ? [] : [`it got ${share.toFixed(2)} processors of 0.3`];
    },
    gaps: { 'rootless-weak': 'CPU limit' },
  },
  {
    id: '19',
    title: 'fills the disk by bytes',
    limits: DISK,
    script: () => 'head -c 300000000 /dev/zero > big.bin',
    judge: ({ attempt }) => [
      ...(attempt.exitCode === 0 ? ['it was given more than its limit'] : []),
      ...is(attempt.statusDetail, 'DISK_LIMIT'),
    ],
    gaps: DISK_GAPS,
  },
  {
    id: '20',
    title: 'fills the disk by empty files',
    limits: DISK,
    script: () => `perl -e 'mkdir "d"; for (1..40000) { open(my $f, ">", "d/$_") or exit 1 }'`,
    judge: ({ attempt }) => [
      ...(attempt.exitCode === 0 ? ['it was given more than its limit'] : []),
      ...is(attempt.statusDetail, 'DISK_LIMIT'),
    ],
    gaps: DISK_GAPS,
  },
  {
    id: '35',
    title: 'opens files without end',
    limits: { openFiles: 100 },
    script: () => `perl -e 'my @all; for (1..200) { open(my $f, "<", "/dev/null") or exit 0; push @all, $f } exit 1'`,
  },
  {
    id: '36',
    title: 'sits there and does nothing',
    limits: { idleDuration: '2s' },
    script: () => 'sleep 100000',
    judge: ({ attempt }) => is(attempt.statusDetail, 'IDLE_LIMIT'),
    gaps: { 'rootless-weak': 'idle limit' },
  },
  {
    id: '43',
    title: 'never ends',
    limits: { duration: '3s' },
    script: () => `trap '' TERM INT; while :; do echo still here; sleep 0.2; done`,
    judge: ({ attempt }) => is(attempt.statusDetail, 'TIME_LIMIT'),
  },
  {
    id: '44',
    title: 'writes 1 GB into its log',
    limits: { outputBytes: String(MIB) },
    script: () => 'yes 0123456789 | head -c 1000000000; echo done > done.txt',
    judge: ({ attempt, lines, change }) => [
      ...is(attempt.statusDetail, 'OUTPUT_LIMIT'),
      ...(lines.reduce((sum, { text }) => sum + text.length, 0) > MIB ? ['the log has more than the limit'] : []),
      ...(change?.files.length === 1 ? [] : ['it was held up']),
    ],
  },
];

function is(value: string, expected: string): string[] {
  return value === expected ? [] : [`the attempt says ${value === '' ? 'nothing' : value}, not ${expected}`];
}

function seconds(duration: string | undefined): number {
  return Number((duration ?? '0s').slice(0, -1));
}

function peakBelow({ attempt }: Outcome, limit: number): string[] {
  const peak = Number(attempt.usage?.peakMemoryBytes ?? 0);
  return peak <= limit ? [] : [`it used ${String(peak)} bytes of ${String(limit)}`];
}
