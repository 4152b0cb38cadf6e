import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { LOOK_SIGNAL, type TrialWorkflowInput } from '@heddle/contracts/workflows';
import { CheckRun } from '../checks/check-run.js';
import { rows } from './trial-rows.js';

const lookSignal = defineSignal(LOOK_SIGNAL);

/** Runs the checks of one trial and records what they said. It is started and woken as often as anyone likes. */
export async function trial({ trialId }: TrialWorkflowInput): Promise<void> {
  let looks = 0;
  setHandler(lookSignal, () => {
    looks += 1;
  });
  for (;;) {
    const seen = looks;
    const begin = await rows.beginTrial(trialId);
    if (begin.kind === 'NOTHING_TO_DO') {
      // A look that came while the row was read may have changed it.
      if (looks === seen) return;
      continue;
    }
    const { commit, checksTimeoutMs, pool, priority, fairnessKey } = begin.plan;
    const run = new CheckRun({
      owner: { kind: 'TRIAL', id: trialId },
      commit,
      checksTimeoutMs,
      pool,
      priority: { priorityKey: priority, fairnessKey },
      raiseFence: () => rows.raiseTrialFence(trialId),
    });
    let over = false;
    const watching = cancelWhenUnwanted(
      trialId,
      run,
      () => looks,
      () => over,
    );
    const end = await run.run();
    over = true;
    await watching;
    await rows.endTrial({ trialId, end });
    await run.released();
  }
}

/** Reads at every look whether somebody still waits for the trial. */
async function cancelWhenUnwanted(
  trialId: string,
  run: CheckRun,
  looks: () => number,
  over: () => boolean,
): Promise<void> {
  let seen = looks();
  for (;;) {
    await condition(() => over() || looks() > seen);
    if (over()) return;
    seen = looks();
    if (!(await rows.isTrialWanted(trialId))) run.cancel();
  }
}
