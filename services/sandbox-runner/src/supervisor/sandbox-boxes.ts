import { SandboxError, type BoxSpec, type Journal, type SandboxDriver } from '@heddle/sandbox';

/** The boxes of one sandbox that are on record and not destroyed, and what the host has of them. */
export class SandboxBoxes {
  private readonly boxes = new Map<string, BoxSpec>();
  /** Those whose mount and control group this supervisor has seen to. */
  private readonly ready = new Map<string, Promise<void>>();
  private isClosed = false;

  constructor(
    private readonly journal: Journal,
    private readonly driver: SandboxDriver,
  ) {}

  get all(): BoxSpec[] {
    return [...this.boxes.values()];
  }

  find(name: string): BoxSpec | undefined {
    return this.boxes.get(name);
  }

  /** @throws SandboxError SANDBOX_UNKNOWN */
  get(name: string): BoxSpec {
    const box = this.boxes.get(name);
    if (box === undefined) throw new SandboxError('SANDBOX_UNKNOWN', `there is no box ${name}`);
    return box;
  }

  /** As a journal has it. */
  adopt(box: BoxSpec): void {
    this.boxes.set(box.name, box);
  }

  /** @throws SandboxError SANDBOX_UNKNOWN once they are closed */
  async create(box: BoxSpec): Promise<void> {
    if (this.isClosed) throw new SandboxError('SANDBOX_UNKNOWN', 'the sandbox is being removed');
    if (!this.boxes.has(box.name)) {
      await this.journal.append({ type: 'box', box });
      this.boxes.set(box.name, box);
    }
    await this.ensureReady(box);
  }

  ensureReady(box: BoxSpec): Promise<void> {
    let ready = this.ready.get(box.name);
    if (ready === undefined) {
      ready = this.driver.create(box);
      this.ready.set(box.name, ready);
      ready.catch(() => this.ready.delete(box.name));
    }
    return ready;
  }

  /** Of a box in which nothing lives. */
  async destroy(box: BoxSpec): Promise<void> {
    await this.driver.destroy(box);
    this.boxes.delete(box.name);
    this.ready.delete(box.name);
    await this.journal.append({ type: 'destroyed', box: box.name });
  }

  /** None is made from now on; ends when those that are being made are there. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.ready.values());
  }

  clear(): void {
    this.boxes.clear();
  }
}
