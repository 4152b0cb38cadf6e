import type { CaptureNotice } from './tree-change.js';

/** More tell a reader nothing, and an agent can make any number. */
const MAX_NOTICES = 200;

/** What a reviewer should know, up to a limit; what is over it is counted, never dropped without a word. */
export class NoticeList {
  private readonly kept: CaptureNotice[] = [];
  private readonly cut = new Map<CaptureNotice['reason'], number>();

  add(reason: CaptureNotice['reason'], path: Buffer, message: string): void {
    if (this.kept.length < MAX_NOTICES) this.kept.push({ reason, path, message });
    else this.cut.set(reason, (this.cut.get(reason) ?? 0) + 1);
  }

  get all(): CaptureNotice[] {
    if (this.cut.size === 0) return this.kept;
    const counts = [...this.cut].map(([reason, count]) => `${String(count)} ${reason}`).join(', ');
    return [...this.kept, { reason: 'NOTICES_CUT', path: Buffer.alloc(0), message: `not listed: ${counts}` }];
  }
}
