import { RequestError } from '@agentclientprotocol/sdk';

/** What an error says, with what an agent put beside its message. */
export function wordsOf(error: unknown): { readonly message: string; readonly code?: number } {
  if (!(error instanceof RequestError)) return { message: error instanceof Error ? error.message : String(error) };
  const data = error.data === undefined ? '' : ` ${JSON.stringify(error.data)}`;
  return { message: error.message + data, code: error.code };
}
