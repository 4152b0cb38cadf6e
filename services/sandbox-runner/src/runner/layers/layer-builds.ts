import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxOwnerRef } from '@heddle/contracts/workflows';
import { errnoOf, type SandboxReason } from '@heddle/sandbox';

/** Who builds a layer, and over what. */
export interface BuildClaim {
  readonly owner: SandboxOwnerRef;
  readonly label: string;
  readonly commit: string;
}

export type BuildOutcome =
  | { readonly kind: 'PUBLISHED' }
  | { readonly kind: 'FAILED'; readonly reason: SandboxReason; readonly message: string; readonly segment: string }
  /** The builder was stopped: nothing is known of the set-up. */
  | { readonly kind: 'STOPPED' };

export interface Build {
  readonly claim: BuildClaim;
  readonly outcome: Promise<BuildOutcome>;
}

/**
 * One build per layer at a time, however many sandboxes need it. Who builds is on disk: after a restart of this process
 * whoever asks first goes on with the same build instead of starting a second one beside it.
 */
export class LayerBuilds {
  private readonly running = new Map<string, Promise<Build>>();

  constructor(private readonly directory: string) {}

  async prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.directory))
      if (name.endsWith('.new')) await rm(join(this.directory, name), { force: true });
  }

  /**
   * The build of `key` that is running, or a new one: by the sandbox that an earlier process left building if `goesOn`
   * says that it can, else by `own`.
   */
  join(
    key: string,
    own: BuildClaim,
    goesOn: (claim: BuildClaim) => Promise<boolean>,
    build: (claim: BuildClaim) => Promise<BuildOutcome>,
  ): Promise<Build> {
    let running = this.running.get(key);
    if (running === undefined) {
      running = this.start(key, own, goesOn, build);
      this.running.set(key, running);
      running.catch(() => this.running.delete(key));
    }
    return running;
  }

  private async start(
    key: string,
    own: BuildClaim,
    goesOn: (claim: BuildClaim) => Promise<boolean>,
    build: (claim: BuildClaim) => Promise<BuildOutcome>,
  ): Promise<Build> {
    const left = await this.read(key);
    const claim = left !== undefined && (await goesOn(left)) ? left : own;
    await this.write(key, claim);
    const outcome = this.end(key, build(claim));
    // Whoever waits for it hears of it; there may be nobody left.
    outcome.catch(() => undefined);
    return { claim, outcome };
  }

  private async end(key: string, building: Promise<BuildOutcome>): Promise<BuildOutcome> {
    try {
      const outcome = await building;
      await rm(this.at(key), { force: true });
      return outcome;
    } finally {
      this.running.delete(key);
    }
  }

  private async read(key: string): Promise<BuildClaim | undefined> {
    try {
      return JSON.parse(await readFile(this.at(key), 'utf8')) as BuildClaim;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private async write(key: string, claim: BuildClaim): Promise<void> {
    await writeFile(`${this.at(key)}.new`, JSON.stringify(claim), { mode: 0o600 });
    await rename(`${this.at(key)}.new`, this.at(key));
  }

  private at(key: string): string {
    return join(this.directory, `${key}.json`);
  }
}
