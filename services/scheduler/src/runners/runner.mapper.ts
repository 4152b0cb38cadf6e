import { Runner, Runner_State } from '@heddle/contracts';

/** A row of `runners`, with the seconds since its last report by the database's own clock. */
export interface RunnerRow {
  readonly id: string;
  readonly pool: string;
  readonly slots: number;
  readonly used: number;
  readonly version: string;
  readonly driver: string;
  readonly boundary: string;
  readonly missing: readonly string[];
  readonly file_system: string;
  readonly state: string;
  readonly failed_probes: readonly string[];
  readonly last_seen: Date;
  readonly drain_time: Date | null;
  readonly silent_seconds: number;
}

/** Six reports that did not come. */
export const LOST_AFTER_SECONDS = 60;

export function toRunner(row: RunnerRow): Runner {
  return Runner.fromPartial({
    id: row.id,
    state: stateOf(row),
    pool: row.pool,
    slots: row.slots,
    used: row.used,
    version: row.version,
    driver: row.driver,
    boundary: row.boundary,
    missing: [...row.missing],
    fileSystem: row.file_system,
    failedProbes: [...row.failed_probes],
    lastSeenTime: row.last_seen,
    drainTime: row.drain_time ?? undefined,
  });
}

function stateOf({ silent_seconds: silent, state }: RunnerRow): Runner_State {
  if (silent > LOST_AFTER_SECONDS) return Runner_State.LOST;
  if (state === 'REFUSING') return Runner_State.REFUSING;
  return state === 'DRAINING' ? Runner_State.DRAINING : Runner_State.ACTIVE;
}
