import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { LOOK_SIGNAL, type JobWorkflowInput } from '@heddle/contracts/workflows';
import { StopControl } from '../runner/stop-control.js';
import { rows } from './job-rows.js';
import { JobRun } from './job-run.js';

const lookSignal = defineSignal(LOOK_SIGNAL);

/** Guides one job from its row to an end state. It is started and woken as an attempt's is: the row says what there is to do. */
export async function job({ jobId }: JobWorkflowInput): Promise<void> {
  let looks = 0;
  setHandler(lookSignal, () => {
    looks += 1;
  });
  for (;;) {
    const seen = looks;
    const begin = await rows.beginJob(jobId);
    if (begin.kind === 'NOTHING_TO_DO') {
      // A look that came while the row was read may have changed it.
      if (looks === seen) return;
      continue;
    }
    const stop = new StopControl();
    let over = false;
    const watching = watchIntent(
      jobId,
      stop,
      () => looks,
      () => over,
    );
    await new JobRun(begin.plan, stop).run(begin.claim);
    over = true;
    await watching;
    if (looks === seen) return;
  }
}

/** Reads what the user wants at every look, for as long as the run lasts. */
async function watchIntent(jobId: string, stop: StopControl, looks: () => number, over: () => boolean): Promise<void> {
  let seen = looks();
  for (;;) {
    await condition(() => over() || looks() > seen);
    if (over()) return;
    seen = looks();
    const intent = await rows.readJobIntent(jobId);
    if (intent.stop !== undefined) stop.request(intent.stop);
  }
}
