import { HeddleError } from '@heddle/domain';
import { updateRefs } from '@heddle/git';

/** A ref whose name says what it names: of another try it is the same. */
export async function createOnce(gitDir: string, ref: string, id: string): Promise<void> {
  await unlessMoved(updateRefs(gitDir, [{ kind: 'create', ref, id }]));
}

/** One that is gone already was dropped by another try. */
export async function dropOnce(gitDir: string, ref: string, id: string): Promise<void> {
  await unlessMoved(updateRefs(gitDir, [{ kind: 'delete', ref, old: id }]));
}

async function unlessMoved(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!HeddleError.is(error) || error.reason !== 'VERSION_CONFLICT') throw error;
  }
}
