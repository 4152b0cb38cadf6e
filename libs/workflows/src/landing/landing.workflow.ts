import { condition, continueAsNew, defineSignal, setHandler, workflowInfo } from '@temporalio/workflow';
import { LOOK_SIGNAL, type LandingWorkflowInput } from '@heddle/contracts/workflows';
import { LandingWindow } from '@heddle/domain';
import { branch } from './review-activities.js';
import { LandingStep } from './landing-step.js';

const lookSignal = defineSignal(LOOK_SIGNAL);

/**
 * Owns one branch of one repository: the only one that pushes to it (lifecycle: landing, at most once).
 * It is started and woken by signal-with-start as often as anyone likes; the rows say whether there is anything to do.
 */
export async function landing(input: LandingWorkflowInput): Promise<void> {
  const window = new LandingWindow(input.window);
  let looks = 0;
  /** Steps whose slots are being given back: a runner that died is waited for only where the workflow ends. */
  let releasing = 0;
  const released = (): void => {
    releasing -= 1;
  };
  let step: LandingStep | undefined;
  setHandler(lookSignal, () => {
    looks += 1;
    step?.look();
  });
  for (;;) {
    const seen = looks;
    const plan = await branch.planLanding({
      repositoryId: input.repositoryId,
      branch: input.branch,
      window: window.size,
    });
    if (plan.kind === 'STEP') {
      step = new LandingStep(input, plan, window);
      // What was signalled while the plan was made may be about its members.
      if (looks !== seen) step.look();
      await step.run();
      releasing += 1;
      void step.released().then(released, released);
      step = undefined;
    } else {
      await condition(() => looks !== seen || releasing === 0);
      if (looks === seen) return;
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(() => releasing === 0);
      await continueAsNew<typeof landing>({ ...input, window: window.size });
    }
  }
}
