import { setTimeout as delay } from 'node:timers/promises';
import type { HeddleEvent } from '@heddle/sdk';
import { PATIENCE_MS, within } from '../bounds.js';
import type { RestDoor } from '../doors/rest-door.js';
import { sseFrames } from '../doors/sse-frames.js';

const RECONNECT_MS = 200;

/** Collects events from now on, in the background, until `stop`. */
export class EventRecorder {
  /** As they came. */
  readonly events: HeddleEvent[] = [];
  private readonly over = new AbortController();
  private readonly watchers = new Set<() => void>();
  private reading: Promise<void> = Promise.resolve();

  private constructor(
    private readonly rest: RestDoor,
    private readonly resumes: boolean,
  ) {}

  /**
   * Resolves when the stream is open: what happens afterwards is recorded.
   * @param resumes after a break it goes on behind the last event that it has
   */
  static async open(rest: RestDoor, { resumes = false }: { readonly resumes?: boolean } = {}): Promise<EventRecorder> {
    const recorder = new EventRecorder(rest, resumes);
    const response = await recorder.connect();
    recorder.reading = recorder.read(response);
    recorder.reading.catch(() => undefined); // told to whoever waits or stops
    return recorder;
  }

  /** Waits until an event fits. @throws what the stream failed with */
  async until(fits: (event: HeddleEvent) => boolean): Promise<HeddleEvent> {
    return within('an event', this.search(fits), 2 * PATIENCE_MS);
  }

  /** Events about a resource, each once: a reader that resumes may be given one again. */
  of(subject: string): HeddleEvent[] {
    const byId = new Map(this.events.filter((event) => event.subject === subject).map((event) => [event.id, event]));
    return [...byId.values()];
  }

  get subjects(): string[] {
    return [...new Set(this.events.map(({ subject }) => subject))];
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.reading.catch((error: unknown) => {
      if (!this.over.signal.aborted) throw error;
    });
  }

  private async search(fits: (event: HeddleEvent) => boolean): Promise<HeddleEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      await Promise.race([this.reading, new Promise<void>((resolve) => this.watchers.add(resolve))]);
    }
  }

  private async connect(): Promise<Response> {
    const last = this.events.at(-1)?.cursor;
    const response = await this.rest.open('GET', '/v1/events', {
      headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) },
      signal: this.over.signal,
    });
    if (response.status !== 200)
      throw new Error(`The events answer ${String(response.status)}: ${await response.text()}`);
    return response;
  }

  private async read(first: Response): Promise<void> {
    for (let response: Response | undefined = first; ; response = undefined) {
      try {
        await this.readOne(response ?? (await this.connect()));
      } catch (error) {
        if (!this.resumes || this.over.signal.aborted) throw error;
        await delay(RECONNECT_MS);
      }
    }
  }

  private async readOne(response: Response): Promise<void> {
    for await (const frame of sseFrames(response)) {
      if (frame.event !== 'message') throw new Error(`The events' stream says ${frame.event}: ${frame.data}`);
      const event = JSON.parse(frame.data) as HeddleEvent;
      if (event.cursor !== frame.id) throw new Error(`An event's cursor is not its id: ${frame.data}`);
      this.events.push(event);
      for (const wake of this.watchers) wake();
      this.watchers.clear();
    }
    throw new Error('The stream of events closed');
  }
}
