import { basename, join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { ConfinedPrograms, type ConfinedProgram } from '@heddle/sandbox';
import type { ReviewConfig } from '../config.js';
import { CONFIG } from '../shared/tokens.js';
import { driverArguments, VERSION_FILES } from './driver-command.js';
import { resultFault, type ThreeVersions } from './result-fault.js';

/** `reason`: for people; nothing of it comes from the driver. */
export type StructuralOutcome =
  { readonly kind: 'MERGED'; readonly result: Buffer } | { readonly kind: 'FAILED'; readonly reason: string };

/** A merge has lines of both sides. */
const RESULT_FACTOR = 4;

/** The program that the operator has named for merging by a language's structure. */
@Injectable()
export class StructuralDriver implements OnApplicationBootstrap {
  private readonly programs: ConfinedPrograms;

  constructor(
    @Inject(CONFIG) private readonly config: ReviewConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.programs = new ConfinedPrograms(join(config.HEDDLE_DATA_DIR, 'structural-merge'));
  }

  /** There is none. */
  get isOff(): boolean {
    return this.config.HEDDLE_STRUCTURAL_MERGE === undefined;
  }

  /** Of each version of a file that it is asked for. */
  get maxFileBytes(): number {
    return this.config.HEDDLE_STRUCTURAL_MERGE_FILE_BYTES;
  }

  /** What the operator should know before the first conflict does. */
  async onApplicationBootstrap(): Promise<void> {
    const [program] = this.config.HEDDLE_STRUCTURAL_MERGE ?? [];
    if (program === undefined) return;
    const outcome = await this.programs.run(this.question(program, ['--version']));
    if (outcome.kind === 'FAILED')
      this.logger.warn({ program, reason: outcome.reason }, 'the structural merge driver does not tell its version');
  }

  /** Its name, and its version where it tells one. */
  async describe(): Promise<string> {
    const [program = ''] = this.config.HEDDLE_STRUCTURAL_MERGE ?? [];
    const name = basename(program);
    const outcome = await this.programs.run(this.question(program, ['--version']));
    if (outcome.kind === 'FAILED') return name;
    const [line = ''] = outcome.output.toString('latin1').split('\n');
    const version = line
      .replaceAll(/[^ -~]/g, '')
      .trim()
      .slice(0, 100);
    return version.startsWith(name) ? version : `${name} ${version}`.trim();
  }

  /** One file, in a process of its own. Never rejects for what the driver does. */
  async merge(path: Buffer, versions: ThreeVersions): Promise<StructuralOutcome> {
    const command = this.config.HEDDLE_STRUCTURAL_MERGE ?? [];
    const [program = ''] = command;
    const args = driverArguments(command, path);
    if (args === undefined) return { kind: 'FAILED', reason: 'its name is no UTF-8' };
    const outcome = await this.programs.run({
      ...this.question(program, args),
      files: {
        [VERSION_FILES['%O']]: versions.base,
        [VERSION_FILES['%A']]: versions.ours,
        [VERSION_FILES['%B']]: versions.theirs,
      },
      result: VERSION_FILES['%A'],
    });
    if (outcome.kind === 'FAILED') return outcome;
    const fault = resultFault(versions, outcome.output);
    return fault === undefined ? { kind: 'MERGED', result: outcome.output } : { kind: 'FAILED', reason: fault };
  }

  private question(program: string, args: readonly string[]): ConfinedProgram {
    const { HEDDLE_STRUCTURAL_MERGE_TIMEOUT: seconds, HEDDLE_STRUCTURAL_MERGE_MEMORY_BYTES: memoryBytes } = this.config;
    const limits = { wallMs: seconds * 1000, memoryBytes, outputBytes: RESULT_FACTOR * this.maxFileBytes };
    return { program, args, limits };
  }
}
