import type { HeddleClient } from '@heddle/sdk';
import { locate } from './locate.js';

/** The task that is meant: by its own id, or by that of one of its attempts. */
export async function taskOf(client: HeddleClient, text: string, signal: AbortSignal): Promise<string> {
  const { kind, id } = await locate(client, ['task', 'attempt'], text);
  return kind === 'task' ? id : (await client.attempts.getById(id, { signal })).taskId;
}
