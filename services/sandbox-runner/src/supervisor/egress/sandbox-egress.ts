import { join } from 'node:path';
import type { EgressGrant, EgressRecord, ModelGates } from '@heddle/egress';
import {
  errnoOf,
  isAlive,
  NetworkNamespace,
  SandboxError,
  type BoxNetwork,
  type BoxSpec,
  type ProcessIdentity,
  type SandboxDirectory,
  type SandboxDriver,
} from '@heddle/sandbox';
import type { Logger } from '@heddle/platform/logging';
import type { RecordedRequest } from '../../protocol/recorded-request.js';
import { BoxEgress } from './box-egress.js';
import { EgressLog } from './egress-log.js';
import type { TrustPlaces } from './trust-places.js';

const RETRY_MS = 1_000;
/** Requests that wait for room on the disk; with more than that, nothing more is served. */
const MAX_UNWRITTEN = 1_000;
const RECORD_LIMIT = { verdict: 'REFUSED', reason: 'RECORD_LIMIT', bytesSent: 0, bytesReceived: 0 } as const;

/** The networks of one sandbox's boxes, and the one record of what went through them. */
export class SandboxEgress {
  private readonly boxes = new Map<string, Promise<BoxEgress>>();
  /** Those of them that have opened. */
  private readonly serving = new Map<string, BoxEgress>();
  private readonly unwritten: Omit<RecordedRequest, 'sequence'>[] = [];
  private log: EgressLog | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isFull = false;

  constructor(
    private readonly directory: SandboxDirectory,
    private readonly driver: SandboxDriver,
    private readonly trust: () => Promise<TrustPlaces>,
    private readonly gates: ModelGates,
    private readonly logger: Logger,
  ) {}

  /** Serves the box's network by these rules from now on. */
  async grant(box: BoxSpec, grant: EgressGrant, files: Readonly<Record<string, string>>): Promise<void> {
    if (box.network === undefined) throw new SandboxError('EGRESS_UNAVAILABLE', `box ${box.name} has no network`);
    if (this.driver.descriptionFor(box).network !== true)
      throw new SandboxError('EGRESS_UNAVAILABLE', 'the sandboxes of this host can have no network');
    const egress = await this.open(box, () => NetworkNamespace.create());
    await egress.serve(grant, files).catch((error: unknown) => {
      if (error instanceof RangeError) throw new SandboxError('EGRESS_UNAVAILABLE', error.message);
      throw error;
    });
    if (this.isFull) await egress.stop();
  }

  /** What a process of the box needs; undefined for a box without a network. EGRESS_NOT_GRANTED before the grant. */
  async network(box: BoxSpec): Promise<BoxNetwork | undefined> {
    if (box.network === undefined) return undefined;
    const network = (await this.boxes.get(box.name))?.network;
    if (network === undefined)
      throw new SandboxError('EGRESS_NOT_GRANTED', `what box ${box.name} may reach has not been said`);
    return network;
  }

  /** Bytes that came as answers so far; 0 for a box without a network. A new grant begins at 0. */
  async answeredBytes(boxName: string): Promise<number> {
    return (await this.boxes.get(boxName))?.answeredBytes ?? 0;
  }

  /** Finds the network of a process that an earlier supervisor started. Whoever waits for it waits for the next grant. */
  async adopt(box: BoxSpec, main: ProcessIdentity): Promise<void> {
    if (box.network === undefined || !(await isAlive(main))) return;
    try {
      const namespace = NetworkNamespace.ofProcess(main.pid);
      // The number was another process's by the time that it was opened.
      if (!(await isAlive(main))) {
        namespace.close();
        return;
      }
      (await this.open(box, () => namespace)).hold();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT')
        this.logger.error({ err: error, box: box.name }, 'the network of a running box could not be taken over');
    }
  }

  /** Of what the box asks, something waits for its turn at a model and nothing has one. */
  isInLine(boxName: string): boolean {
    return this.serving.get(boxName)?.isInLine === true;
  }

  /** Nothing of the box runs any more. What went through its network is on record then, as far as the disk took it. */
  async close(boxName: string): Promise<void> {
    const egress = this.boxes.get(boxName);
    this.boxes.delete(boxName);
    this.serving.delete(boxName);
    await (await egress)?.close();
    this.flush();
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.boxes.keys()].map((name) => this.close(name)));
    clearTimeout(this.retry);
    this.log?.close();
    this.log = undefined;
  }

  private open(box: BoxSpec, namespace: () => NetworkNamespace): Promise<BoxEgress> {
    let egress = this.boxes.get(box.name);
    if (egress === undefined) {
      egress = this.make(box, namespace);
      this.boxes.set(box.name, egress);
      egress.then(
        (open) => this.serving.set(box.name, open),
        () => this.boxes.delete(box.name),
      );
    }
    return egress;
  }

  private async make(box: BoxSpec, namespace: () => NetworkNamespace): Promise<BoxEgress> {
    const { run } = this.driver.inside(box.paths);
    const phase = box.network?.phase ?? 'AGENT';
    const onRecord = (record: EgressRecord): void => {
      this.unwritten.push({ phase, ...record });
      this.flush();
    };
    const { gates } = this;
    return new BoxEgress({ box, namespace: namespace(), run, trust: await this.trust(), gates, onRecord });
  }

  /** In the file at once, so that no death of this process takes a request from the record. */
  private flush(): void {
    try {
      this.log ??= EgressLog.open(join(this.directory.path, 'egress.jsonl'));
      for (let next = this.unwritten[0]; next !== undefined; next = this.unwritten[0]) {
        this.log.append(next);
        this.unwritten.shift();
        if (!this.log.hasRoom && !this.isFull) {
          this.stopServing('its record is full');
          this.unwritten.push({ ...next, ...RECORD_LIMIT });
        }
      }
    } catch (error) {
      this.logger.error({ err: error, directory: this.directory.path }, 'a request could not be recorded yet');
      clearTimeout(this.retry);
      this.retry = setTimeout(() => {
        this.flush();
      }, RETRY_MS);
      this.retry.unref();
      if (this.unwritten.length > MAX_UNWRITTEN) this.stopServing('requests can not be recorded');
    }
  }

  private stopServing(why: string): void {
    if (this.isFull) return;
    this.isFull = true;
    this.logger.warn({ directory: this.directory.path }, `the network of a sandbox ends: ${why}`);
    for (const egress of this.boxes.values())
      egress
        .then((open) => open.stop())
        .catch((error: unknown) => {
          this.logger.error({ err: error }, 'the network of a sandbox did not end');
        });
  }
}
