import { HeddleConnectionError } from '../errors/heddle-connection.error.js';

/** Codes of a connection that was never made: the server cannot have seen the request. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Says what `fetch` means by "fetch failed". */
export function connectionError(url: string, error: unknown): HeddleConnectionError {
  const code = causeCode(error);
  if (code !== undefined && NEVER_SENT.has(code)) {
    return new HeddleConnectionError('UNREACHABLE', url, `Nothing answers at ${url} (${code})`, { cause: error });
  }
  const detail = code ?? deepestMessage(error);
  // In the words of the standard of fetch, whose list of ports it is.
  if (detail === 'bad port')
    return new HeddleConnectionError('UNREACHABLE', url, `No client of HTTP connects to the port of ${url}`, {
      cause: error,
    });
  return new HeddleConnectionError('INTERRUPTED', url, `The connection to ${url} broke (${detail})`, { cause: error });
}

/** By shape, not by class: errors of the runtime may come from another realm. */
interface ErrorLike {
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

function causeCode(error: unknown): string | undefined {
  for (const { code } of chain(error)) {
    if (typeof code === 'string') return code;
  }
  return undefined;
}

function deepestMessage(error: unknown): string {
  return String(chain(error).at(-1)?.message ?? error);
}

/** An address with several IPs fails with an AggregateError: its first member speaks for it. */
function chain(error: unknown): ErrorLike[] {
  const links: ErrorLike[] = [];
  let next: unknown = error;
  while (typeof next === 'object' && next !== null && links.length < 8) {
    const link: ErrorLike = next;
    links.push(link);
    next = link.cause ?? (Array.isArray(link.errors) ? (link.errors[0] as unknown) : undefined);
  }
  return links;
}
