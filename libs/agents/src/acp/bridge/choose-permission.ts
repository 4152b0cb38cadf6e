import type { PermissionOption, RequestPermissionRequest } from '@agentclientprotocol/sdk';

/** Kinds of tools that leave everything as it is. */
const LOOKS: readonly string[] = ['read', 'search', 'think', 'fetch'];

/** Nobody is there to ask: the sandbox is the boundary. Undefined: the agent offers no such answer. */
export function choosePermission(
  { options, toolCall: { kind } }: Pick<RequestPermissionRequest, 'options' | 'toolCall'>,
  mayChange: boolean,
): { readonly granted: boolean; readonly option: PermissionOption | undefined } {
  const granted = mayChange || LOOKS.includes(kind ?? 'other');
  const [first, second] = granted ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always'];
  const option = options.find((each) => each.kind === first) ?? options.find((each) => each.kind === second);
  return { granted, option };
}
