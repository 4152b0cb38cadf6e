import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { CheckResult_State } from '@heddle/contracts';
import { SandboxSpec } from '@heddle/contracts/internal';
import { isTrialEnded } from '@heddle/domain';
import type { Logger } from '@heddle/platform/logging';
import { LOGGER } from '@heddle/platform/service';
import { DataSource } from 'typeorm';
import { checksFromJson } from '../changes/change.mapper.js';
import { LandingEntity } from '../landings/landing.entity.js';
import { lockLandings, noteOnLanding, type LandingFacts } from '../landings/move-landing.js';
import { RepeatingTask } from '../shared/repeating-task.js';
import { TrialEnds } from '../trials/trial-ends.js';
import type { TrialEntity } from '../trials/trial.entity.js';
import { TrialService } from '../trials/trial.service.js';

const LOOK_AGAIN_MS = 15_000;
/** A branch that may be red holds up everybody. */
const PRIORITY = 2;

/** Runs the checks of landings on what a forge has made of them, where that is another tree than the tested one. */
@Injectable()
export class LandedChecks implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly task: RepeatingTask;

  constructor(
    private readonly dataSource: DataSource,
    private readonly trials: TrialService,
    private readonly ends: TrialEnds,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.task = new RepeatingTask('landed-checks', LOOK_AGAIN_MS, () => this.work(), logger);
  }

  onApplicationBootstrap(): void {
    this.ends.listen(() => {
      this.task.poke();
    });
    this.task.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.task.stop();
  }

  /** A landing's row says that its checks are wanted on what landed. */
  poke(): void {
    this.task.poke();
  }

  private async work(): Promise<void> {
    const rows = await this.dataSource.manager.findBy(LandingEntity, { checksLanded: true });
    for (const row of rows) {
      try {
        await this.look(row);
      } catch (error) {
        // The others do not wait for one that can't go on now.
        this.logger.warn({ err: error, landingId: row.id }, 'the checks of what landed could not be asked for');
      }
    }
  }

  private async look(row: LandingEntity): Promise<void> {
    const { id, repositoryId, batchId, taskId, baseCommit, landedCommit } = row;
    const spec = SandboxSpec.decode(row.spec);
    const { checks } = spec;
    if (landedCommit === null || checks.length === 0) return this.note(id, {});
    const [trial] = await this.trials.request([
      {
        kind: 'LANDED_TREE',
        key: `landed tree ${id}`,
        repositoryId,
        batchId,
        taskId,
        baseCommit,
        commit: landedCommit,
        spec,
        checks,
        priority: PRIORITY,
      },
    ]);
    if (trial !== undefined && isTrialEnded(trial.state)) await this.note(id, outcomeOf(trial, row));
  }

  private async note(id: string, facts: LandingFacts): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const [row] = await lockLandings(manager, [id]);
      if (row?.checksLanded !== true) return;
      await noteOnLanding(manager, row, 'landing.updated', { ...facts, checksLanded: false });
    });
  }
}

function outcomeOf({ state, results, message }: TrialEntity, { branch }: LandingEntity): LandingFacts {
  if (state !== 'RAN')
    return { message: `${branch} has another tree than was tested, and the checks could not run on it: ${message}` };
  const bad = checksFromJson(results).filter((check) => !check.advisory && check.state !== CheckResult_State.PASSED);
  const said = bad.length === 0 ? 'passed' : `are red: ${bad.map(({ name }) => name).join(', ')}`;
  return { checks: results, message: `${branch} has another tree than was tested; the checks that ran on it ${said}` };
}
