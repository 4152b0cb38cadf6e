import type { TemporalClient } from '@heddle/platform/temporal';

/** Whether a workflow of this id runs. */
export async function isGuided({ client }: TemporalClient, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return false;
    throw error;
  }
}
