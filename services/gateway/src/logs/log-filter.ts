import type { AgentActivity, LogLine, StreamActivitiesRequest, StreamLogsRequest } from '@heddle/contracts';
import type { LogQuery } from './log-reader.js';

/** What of a log a reader wants to see; numbering is not touched by it. */
export function lineFilter(request: StreamLogsRequest): ((line: LogLine) => boolean) | undefined {
  const { streams, phases, check } = request;
  if (streams.length === 0 && phases.length === 0 && check === '') return undefined;
  return (line) =>
    (streams.length === 0 || streams.includes(line.stream)) &&
    (phases.length === 0 || phases.includes(line.phase)) &&
    (check === '' || line.check === check);
}

export function lineQuery(request: StreamLogsRequest): LogQuery<LogLine> {
  const { id, afterSequence, follow, tail } = request;
  const wanted = lineFilter(request);
  return {
    ...{ id, afterSequence, follow, tail },
    wantsEachLine: wanted === undefined,
    pick: ({ lines }) => (wanted === undefined ? lines : lines.filter(wanted)),
  };
}

export function activityQuery(request: StreamActivitiesRequest): LogQuery<AgentActivity> {
  const { id, afterSequence, follow, tail, kinds } = request;
  return {
    ...{ id, afterSequence, follow, tail },
    wantsEachLine: false,
    pick: ({ activities }) => (kinds.length === 0 ? activities : activities.filter(({ kind }) => kinds.includes(kind))),
  };
}
