import { setTimeout as delay } from 'node:timers/promises';
import { types } from 'node:util';
import { PATIENCE_MS } from '../bounds.js';
import { refusalOf } from './rest-errors.js';
import { RestDoor, type RestAnswer, type RestCall } from './rest-door.js';

const PAUSE_MS = 200;

/**
 * A client that does what the API asks of clients while something is down: it repeats what was refused as retryable and
 * what never got an answer. What it sends must bear that: reads, and writes with a requestId.
 */
export class PatientDoor extends RestDoor {
  constructor(door: RestDoor) {
    super(door.url, door.token);
  }

  override async call<T = unknown>(method: string, path: string, call: RestCall = {}): Promise<RestAnswer<T>> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.tryOnce<T>(method, path, call);
      if (answer !== undefined && (answer.status < 400 || !refusalOf(answer).retryable)) return answer;
      if (performance.now() > deadline)
        throw new Error(`${method} ${path} is still refused: ${JSON.stringify(answer?.body)}`);
      await delay(PAUSE_MS);
    }
  }

  /** undefined: nobody is there, or the connection broke. */
  private async tryOnce<T>(method: string, path: string, call: RestCall): Promise<RestAnswer<T> | undefined> {
    try {
      return await super.call<T>(method, path, call);
    } catch (error) {
      // What fetch throws is of another realm than a test's, where instanceof says no.
      if (types.isNativeError(error) && error.name === 'TypeError') return undefined;
      throw error;
    }
  }
}
