import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isPortFree } from '../servers/ports.js';
import { SetupError } from '../servers/setup.error.js';
import { writeAtomically } from './atomic-file.js';

/** Ports of one data directory: chosen once, remembered, and chosen anew only when somebody else has taken one. */
export class PortBook {
  private readonly file: string;
  private readonly ports: Map<string, number>;

  constructor(dataDirectory: string) {
    this.file = join(dataDirectory, 'ports.json');
    this.ports = new Map(Object.entries(existsSync(this.file) ? parse(readFileSync(this.file, 'utf8')) : {}));
  }

  /** A port that nobody else listens on, the same as at the last start where possible. */
  async choose(name: string): Promise<number> {
    const known = this.ports.get(name);
    if (known !== undefined && (await isPortFree(known))) return known;
    const port = await freePort(new Set(this.ports.values()));
    this.ports.set(name, port);
    writeAtomically(this.file, `${JSON.stringify(Object.fromEntries(this.ports), undefined, 2)}\n`, 0o644);
    return port;
  }

  /**
   * The port that a setting asks for; 0 means any.
   * @throws {SetupError} PORT_TAKEN
   */
  async chooseWanted(name: string, wanted: number, host: string, settingName: string): Promise<number> {
    if (wanted === 0) return this.choose(name);
    if (await isPortFree(wanted, host)) return wanted;
    throw new SetupError('PORT_TAKEN', `Port ${wanted} on ${host} is taken by another program.`, [
      `set ${settingName} to another port, or to 0 for any`,
      `end the program that listens on it (ss -ltnp 'sport = :${wanted}' shows it)`,
    ]);
  }
}

function parse(text: string): Record<string, number> {
  return JSON.parse(text) as Record<string, number>;
}
