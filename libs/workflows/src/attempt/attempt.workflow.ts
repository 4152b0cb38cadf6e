import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { LOOK_SIGNAL, type AttemptPlan, type AttemptWorkflowInput } from '@heddle/contracts/workflows';
import { StopControl } from '../runner/stop-control.js';
import { rows } from './attempt-rows.js';
import { AttemptRun } from './attempt-run.js';
import { PauseControl } from './pause-control.js';

const lookSignal = defineSignal(LOOK_SIGNAL);

/**
 * Guides one attempt from its row to an end state (lifecycle: the attempt's workflow). It is started and woken by
 * signal-with-start as often as anyone likes: the row says whether there is anything to do.
 */
export async function attempt(input: AttemptWorkflowInput): Promise<void> {
  let looks = 0;
  setHandler(lookSignal, () => {
    looks += 1;
  });
  for (;;) {
    const seen = looks;
    const begin = await rows.beginAttempt(input.attemptId);
    if (begin.kind === 'NOTHING_TO_DO') {
      // A look that came while the row was read may have changed it.
      if (looks === seen) return;
      continue;
    }
    const stop = new StopControl();
    const pause = new PauseControl();
    const interrupt = new StopControl();
    let over = false;
    const watching = watchIntent(
      begin.plan,
      { stop, pause, interrupt },
      () => looks,
      () => over,
    );
    const run = new AttemptRun(begin.plan, stop, pause, interrupt);
    await run.run(begin.claim);
    over = true;
    await watching;
    // Nobody has said since that the row changed; who says so now starts this anew.
    if (looks === seen && !run.turnFollows) return;
  }
}

/** Reads what the user wants at every look, for as long as the run lasts. */
async function watchIntent(
  { attemptId, turn }: AttemptPlan,
  {
    stop,
    pause,
    interrupt,
  }: { readonly stop: StopControl; readonly pause: PauseControl; readonly interrupt: StopControl },
  looks: () => number,
  over: () => boolean,
): Promise<void> {
  let seen = looks();
  for (;;) {
    await condition(() => over() || looks() > seen);
    if (over()) return;
    seen = looks();
    const intent = await rows.readIntent(attemptId);
    if (intent.stop !== undefined) stop.request(intent.stop);
    if (intent.interrupt === turn) interrupt.request('INTERRUPTED');
    pause.want(intent.pause === true);
  }
}
