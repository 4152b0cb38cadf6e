import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from './atomic-file.js';

/** What clients of a running platform need to know; its file is `run.json` in the data directory. */
export interface RunJson {
  readonly url: string;
  /** `host:port` */
  readonly grpcAddress: string;
  readonly adminToken: string;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

export function writeRunJson(dataDirectory: string, content: RunJson): void {
  writeAtomically(runJsonFile(dataDirectory), `${JSON.stringify(content, undefined, 2)}\n`);
}

export function removeRunJson(dataDirectory: string): void {
  rmSync(runJsonFile(dataDirectory), { force: true });
}

export function runJsonFile(dataDirectory: string): string {
  return join(dataDirectory, 'run.json');
}
