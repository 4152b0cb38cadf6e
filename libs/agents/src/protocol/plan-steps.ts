import { PlanStep_State as State } from '@heddle/contracts';
import { recordsAt, textAt, type JsonRecord } from './json-record.js';

const STATES: ReadonlyMap<string, State> = new Map([
  ['pending', State.PENDING],
  ['in_progress', State.ACTIVE],
  ['completed', State.DONE],
]);

/** Of a list `todos` with their words for a state, as several programs have it; `key` is that of a step's text. */
export function todoSteps(input: JsonRecord, key: string): { text: string; state: State }[] {
  return recordsAt(input, 'todos').map((todo) => ({
    text: textAt(todo, key),
    state: STATES.get(textAt(todo, 'status')) ?? State.STATE_UNSPECIFIED,
  }));
}
