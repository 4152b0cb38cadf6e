import { EgressRequest_Verdict, NetworkRule, type EgressRequest } from '@heddle/contracts';
import { toDuration } from '@heddle/platform/waiting';
import type { RecordedRequest } from '../../protocol/recorded-request.js';
import { maskText, type Mask } from '../secrets/secret-mask.js';

/** A recorded request as the API has it; whatever the sandbox chose of it may hold a secret. */
export function toEgressRequest(request: RecordedRequest, mask: Mask): EgressRequest {
  const { sequence, time, phase, host, port, method = '', path = '', verdict, reason = '', suggestion } = request;
  const { bytesSent, bytesReceived, durationMs, waitedMs = 0, status = 0 } = request;
  return {
    sequence: String(sequence),
    time: new Date(time),
    phase,
    host: maskText(mask, host),
    port,
    method: maskText(mask, method),
    path: maskText(mask, path),
    verdict: EgressRequest_Verdict[verdict],
    reason,
    suggestion:
      suggestion === undefined
        ? undefined
        : {
            ...NetworkRule.create(),
            host: maskText(mask, suggestion.host),
            ports: [...suggestion.ports],
            methods: suggestion.methods.map((each) => maskText(mask, each)),
            pathPrefix: maskText(mask, suggestion.pathPrefix),
          },
    bytesSent: String(bytesSent),
    bytesReceived: String(bytesReceived),
    duration: toDuration(durationMs),
    waitDuration: waitedMs === 0 ? undefined : toDuration(waitedMs),
    status,
  };
}
