import { SandboxError } from '../sandbox-error.js';
import { offeredDriver, type DriverOffer } from './offered-driver.js';
import type { BoxSpec, DriverDescription, SandboxDriver } from './sandbox-driver.js';

/** Containers beside the host's own driver: each box has the one that it asks for. Both make boxes of the same parts. */
export class DriverChoice implements SandboxDriver {
  private refusal: string | undefined;

  constructor(
    private readonly own: SandboxDriver,
    private readonly containers: SandboxDriver,
  ) {}

  get description(): DriverDescription {
    return this.own.description;
  }

  get attributePrefix(): SandboxDriver['attributePrefix'] {
    return this.own.attributePrefix;
  }

  get offer(): DriverOffer {
    const { description } = this.containers;
    return { description: this.own.description, containers: { description, refusal: this.refusal } };
  }

  /** Has `trial` try the containers. Where they fail it, no box gets one, and the rest goes on. */
  async prove(trial: (containers: SandboxDriver) => Promise<void>): Promise<void> {
    try {
      await trial(this.containers);
      this.refusal = undefined;
    } catch (error) {
      if (!SandboxError.is(error)) throw error;
      this.refusal = error.message;
    }
  }

  descriptionFor(box: Pick<BoxSpec, 'driver'>): DriverDescription {
    return offeredDriver(this.offer, box.driver);
  }

  inside(...args: Parameters<SandboxDriver['inside']>): ReturnType<SandboxDriver['inside']> {
    return this.own.inside(...args);
  }

  async create(box: BoxSpec): Promise<void> {
    this.descriptionFor(box);
    await this.of(box).create(box);
  }

  spawn(...args: Parameters<SandboxDriver['spawn']>): ReturnType<SandboxDriver['spawn']> {
    return this.of(args[0]).spawn(...args);
  }

  attach(...args: Parameters<SandboxDriver['attach']>): ReturnType<SandboxDriver['attach']> {
    return this.of(args[0]).attach(...args);
  }

  recover(...args: Parameters<SandboxDriver['recover']>): ReturnType<SandboxDriver['recover']> {
    return this.of(args[0]).recover(...args);
  }

  ending(...args: Parameters<SandboxDriver['ending']>): ReturnType<SandboxDriver['ending']> {
    return this.of(args[0]).ending(...args);
  }

  terminate(...args: Parameters<SandboxDriver['terminate']>): Promise<void> {
    return this.of(args[0]).terminate(...args);
  }

  freeze(box: BoxSpec, limitMs: number): Promise<void> {
    return this.of(box).freeze(box, limitMs);
  }

  thaw(box: BoxSpec): Promise<void> {
    return this.of(box).thaw(box);
  }

  kill(box: BoxSpec, limitMs: number): Promise<void> {
    return this.of(box).kill(box, limitMs);
  }

  isEmpty(box: BoxSpec): Promise<boolean> {
    return this.of(box).isEmpty(box);
  }

  usage(box: BoxSpec): ReturnType<SandboxDriver['usage']> {
    return this.of(box).usage(box);
  }

  isFrozen(box: BoxSpec): Promise<boolean> {
    return this.of(box).isFrozen(box);
  }

  isWhole(box: BoxSpec): Promise<boolean> {
    return this.of(box).isWhole(box);
  }

  destroy(box: BoxSpec): Promise<void> {
    return this.of(box).destroy(box);
  }

  /** The groups are the same; the containers' driver knows of its containers besides. */
  boxNames(): Promise<string[]> {
    return this.containers.boxNames();
  }

  evict(boxName: string): Promise<void> {
    return this.containers.evict(boxName);
  }

  close(): Promise<void> {
    return this.own.close();
  }

  private of({ driver }: Pick<BoxSpec, 'driver'>): SandboxDriver {
    return driver === 'CONTAINER' ? this.containers : this.own;
  }
}
