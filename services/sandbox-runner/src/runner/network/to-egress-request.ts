import { EgressRequest_Verdict, NetworkRule, type EgressRequest } from '@heddle/contracts';
import type { RecordedRequest } from '../../protocol/recorded-request.js';

/** A recorded request as the API has it. */
export function toEgressRequest(request: RecordedRequest): EgressRequest {
  const { sequence, time, phase, host, port, method = '', path = '', verdict, reason = '', suggestion } = request;
  const { bytesSent, bytesReceived, durationMs } = request;
  return {
    sequence: String(sequence),
    time: new Date(time),
    phase,
    host,
    port,
    method,
    path,
    verdict: EgressRequest_Verdict[verdict],
    reason,
    suggestion:
      suggestion === undefined
        ? undefined
        : {
            ...NetworkRule.create(),
            host: suggestion.host,
            ports: [...suggestion.ports],
            methods: [...suggestion.methods],
            pathPrefix: suggestion.pathPrefix,
          },
    bytesSent: String(bytesSent),
    bytesReceived: String(bytesReceived),
    duration: {
      seconds: String(Math.floor(durationMs / 1_000)),
      nanos: Math.round((durationMs % 1_000) * 1e6),
    },
  };
}
