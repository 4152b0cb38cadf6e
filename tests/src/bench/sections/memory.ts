import { readFile } from 'node:fs/promises';
import type { BenchPlatform } from '../bench-platform.js';
import { mib, type Row } from '../report.js';

const GOAL_MIB = 850;
const SERVERS: ReadonlySet<string> = new Set(['postgres', 'nats', 'temporal']);

/** Resident memory of each process, idle. Postgres is the sum of its processes' own pages. */
export async function memory(platform: BenchPlatform): Promise<Row[]> {
  const rows: Row[] = [];
  let own = await resident(process.pid);
  rows.push({ what: 'launcher (in the benchmark’s process)', heddle: mib(own) });
  for (const { name, pid } of platform.running.runJson.processes) {
    const bytes = await resident(pid);
    if (!SERVERS.has(name)) own += bytes;
    rows.push({ what: name, heddle: mib(bytes) });
  }
  const total = own / 1024 / 1024;
  rows.push({
    what: 'Heddle’s own processes together, servers apart',
    heddle: mib(own),
    goal: { text: `under ${String(GOAL_MIB)} MiB`, met: total < GOAL_MIB },
  });
  return rows;
}

async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
