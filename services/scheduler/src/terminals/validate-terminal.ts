import type { OpenTerminalRequest, OpenTerminalRequest_Resize, OpenTerminalRequest_Start } from '@heddle/contracts';
import { ATTEMPT_END_STATES, fieldInvalid, HeddleError, type FieldViolation } from '@heddle/domain';
import type { AttemptEntity } from '../persistence/attempt.entity.js';

const MAX_COMMAND_BYTES = 64 * 1024;
const MAX_SIDE = 1_000;

/** @throws HeddleError FIELD_INVALID for a first message that starts nothing that could be started */
export function startOf(request: OpenTerminalRequest | undefined): OpenTerminalRequest_Start {
  const start = request?.start;
  if (start === undefined)
    throw fieldInvalid([{ field: 'start', description: 'must be there, and in the first message' }]);
  const violations: FieldViolation[] = [];
  const bytes = start.command.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  if (bytes > MAX_COMMAND_BYTES)
    violations.push({ field: 'start.command', description: `must not have more than ${MAX_COMMAND_BYTES} bytes` });
  for (const side of ['columns', 'rows'] as const)
    if (start[side] < 0 || start[side] > MAX_SIDE)
      violations.push({ field: `start.${side}`, description: `must be 0 to ${MAX_SIDE}` });
  if (start.columns > 0 !== start.rows > 0)
    violations.push({ field: 'start.rows', description: 'a terminal has both columns and rows' });
  if (violations.length > 0) throw fieldInvalid(violations);
  return start;
}

/** One that no terminal can have becomes the nearest that it can. */
export function resizeOf({ columns, rows }: OpenTerminalRequest_Resize): OpenTerminalRequest_Resize {
  const within = (side: number): number => Math.min(Math.max(side, 1), MAX_SIDE);
  return { columns: within(columns), rows: within(rows) };
}

/**
 * @returns the runner that has what the attempt left
 * @throws HeddleError ATTEMPT_NOT_ENDED, SANDBOX_NOT_KEPT
 */
export function runnerOfKept(attempt: AttemptEntity): string {
  const { id, state, endTime, keepUntilTime, runnerId } = attempt;
  const allowedStates = ATTEMPT_END_STATES.join(', ');
  if (endTime === null)
    throw new HeddleError(
      'ATTEMPT_NOT_ENDED',
      `Attempt ${id} is ${state}; a terminal opens on what one left that has ended (${allowedStates})`,
      { metadata: { id, state, allowedStates } },
    );
  if (keepUntilTime === null || keepUntilTime.getTime() <= Date.now() || runnerId === null)
    throw new HeddleError(
      'SANDBOX_NOT_KEPT',
      keepUntilTime === null
        ? `The sandbox of attempt ${id} was not kept: its environment has no keepDuration`
        : `The sandbox of attempt ${id} was kept until ${keepUntilTime.toISOString()}`,
      { metadata: { id, state, ...(keepUntilTime === null ? {} : { keepUntilTime: keepUntilTime.toISOString() }) } },
    );
  return runnerId;
}
