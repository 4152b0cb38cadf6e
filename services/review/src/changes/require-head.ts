import { HeddleError } from '@heddle/domain';
import type { ChangeEntity } from './change.entity.js';

/** A decision holds for what its maker saw. @throws HeddleError CHANGE_MOVED; an absent `seen` means the head as it is */
export function requireHead(change: ChangeEntity, seen: string): void {
  if (seen === '' || seen === change.headCommit) return;
  throw new HeddleError('CHANGE_MOVED', `The change has moved on since: its head is ${change.headCommit}`, {
    metadata: { id: change.id, headCommit: change.headCommit, seen: seen.slice(0, 64) },
  });
}
