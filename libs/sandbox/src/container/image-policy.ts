import { SandboxError } from '../sandbox-error.js';
import type { ContainerEngine, ImageFacts } from './container-engine.js';

/** An image's id: the digest of its own configuration. */
const ID = /^sha256:[0-9a-f]{64}$/;
const PINNED = /^(?<repository>[^@]+)@sha256:[0-9a-f]{64}$/;

/** Which images environments may name, and how they get to this host. */
export class ImagePolicy {
  private readonly pulls = new Map<string, Promise<void>>();

  /** @param allowed repositories (`registry.example/team/node`), what is above several (`registry.example/team`), ids */
  constructor(
    private readonly engine: ContainerEngine,
    private readonly allowed: readonly string[],
  ) {}

  /**
   * What the name stands for on this engine; pulled where it is not there yet. ROOTFS_NOT_ALLOWED, with the way out, where
   * the operator does not allow it or it can't be had; SANDBOX_UNAVAILABLE where it could not be pulled this time.
   */
  async obtain(image: string): Promise<ImageFacts> {
    this.require(image);
    const present = await this.engine.image(image);
    if (present !== undefined) return present;
    if (ID.test(image)) throw refused(image, 'is not there, and an id alone says nowhere to get it from');
    await this.pull(image);
    const pulled = await this.engine.image(image);
    if (pulled === undefined) throw new SandboxError('SANDBOX_UNAVAILABLE', `The image ${image} is gone again.`);
    return pulled;
  }

  private require(image: string): void {
    const repository = ID.test(image) ? image : PINNED.exec(image)?.groups?.['repository'];
    if (repository === undefined)
      throw refused(image, 'is not named by its content: write name@sha256:… or the id, sha256:…');
    if (!this.allowed.some((entry) => repository === entry || repository.startsWith(`${entry}/`)))
      throw refused(image, 'is not one that the operator allows: have it named in HEDDLE_CONTAINER_IMAGES');
  }

  /** Once for all who wait for it. */
  private pull(image: string): Promise<void> {
    let pull = this.pulls.get(image);
    if (pull === undefined) {
      pull = this.engine.pull(image).finally(() => this.pulls.delete(image));
      this.pulls.set(image, pull);
    }
    return pull;
  }
}

function refused(image: string, why: string): SandboxError {
  return new SandboxError('ROOTFS_NOT_ALLOWED', `The image ${image} ${why}`);
}
