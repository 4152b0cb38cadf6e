import { watch, type FSWatcher } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Lines that come close together go out together. */
const GATHER_MS = 20;
/** The kernel may drop notifications; nobody waits longer than this for a line. */
const LOOK_ANYWAY_MS = 2_000;

/** Wakes a reader when something was written to a directory's files. */
export class SpoolWatch {
  private readonly watcher: FSWatcher | undefined;
  private changed = true;
  private wake: (() => void) | undefined;
  private closed = false;

  constructor(directory: string) {
    try {
      this.watcher = watch(directory, { persistent: false }, () => {
        this.poke();
      });
      // Out of inotify watches: looking anyway is slower, and enough.
      this.watcher.on('error', () => undefined);
    } catch {
      this.watcher = undefined;
    }
  }

  poke(): void {
    this.changed = true;
    this.wake?.();
  }

  /** Resolves after a change since the last call, or after a while. */
  async change(): Promise<void> {
    if (!this.changed && !this.closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_ANYWAY_MS);
        timer.unref();
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = undefined;
    }
    if (!this.closed) await delay(GATHER_MS);
    this.changed = false;
  }

  close(): void {
    this.closed = true;
    this.watcher?.close();
    this.wake?.();
  }
}
