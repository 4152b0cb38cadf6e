import type { LogLine, StreamLogsRequest } from '@heddle/contracts';

/** What of a log a reader wants to see; numbering is not touched by it. */
export function lineFilter(request: StreamLogsRequest): ((line: LogLine) => boolean) | undefined {
  const { streams, phases, check } = request;
  if (streams.length === 0 && phases.length === 0 && check === '') return undefined;
  return (line) =>
    (streams.length === 0 || streams.includes(line.stream)) &&
    (phases.length === 0 || phases.includes(line.phase)) &&
    (check === '' || line.check === check);
}
