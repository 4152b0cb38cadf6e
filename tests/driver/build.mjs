import { bringUpToDate } from '../../deploy/local/bootstrap/build.mjs';
import { progress } from '../../deploy/local/bootstrap/progress.mjs';
import { StepFailed } from '../../deploy/local/bootstrap/step-failed.mjs';
import { oneFailed, onePassed } from './outcome.mjs';

/** Dependencies, generated code, the compiler's check of all types, the bundle of the workflows. */
export async function build() {
  try {
    await bringUpToDate(progress(process.stdout));
    return onePassed();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return oneFailed(error.message);
  }
}
