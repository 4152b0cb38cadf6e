import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, type ProcessIdentity } from '../processes/process-identity.js';
import { writeAtomically } from './atomic-file.js';

interface RecordFile {
  readonly bootId: string;
  readonly processes: readonly ({ readonly name: string } & ProcessIdentity)[];
}

/** `processes.json`: who was started for this data directory, so that a start after a crash finds them. */
export class ProcessRecord {
  private readonly file: string;
  private readonly processes = new Map<string, ProcessIdentity>();

  constructor(dataDirectory: string) {
    this.file = join(dataDirectory, 'processes.json');
  }

  /** What an earlier launcher wrote; empty after a reboot, when its pids mean nothing. */
  earlier(): Map<string, ProcessIdentity> {
    if (!existsSync(this.file)) return new Map();
    const record = JSON.parse(readFileSync(this.file, 'utf8')) as RecordFile;
    if (record.bootId !== bootId()) return new Map();
    return new Map(record.processes.map(({ name, pid, startTime }) => [name, { pid, startTime }]));
  }

  set(name: string, identity: ProcessIdentity): void {
    this.processes.set(name, identity);
    this.write();
  }

  clear(): void {
    this.processes.clear();
    this.write();
  }

  private write(): void {
    const processes = [...this.processes].map(([name, identity]) => ({ name, ...identity }));
    const record: RecordFile = { bootId: bootId(), processes };
    writeAtomically(this.file, `${JSON.stringify(record, undefined, 2)}\n`, 0o644);
  }
}
