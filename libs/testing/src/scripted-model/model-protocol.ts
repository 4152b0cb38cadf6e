import type { Fault, Usage } from './scenario.js';

export type ProtocolName = 'responses' | 'chat' | 'messages' | 'gemini';

/** What a request tells of the conversation so far, oldest first. */
export type HistoryEntry =
  | { readonly from: 'user'; readonly text: string }
  /** `reply` is the number in its tool calls' ids: agents may tear one reply into several entries. */
  | { readonly from: 'model'; readonly reply?: number | undefined }
  | { readonly from: 'tool' };

/** How a tool wants its input: as an object, or (Responses only) as free text. */
export type ToolForm = 'function' | 'custom';

/** A model request, whatever protocol it came by. */
export interface ModelRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly history: readonly HistoryEntry[];
  /** Instructions that are no user's words. */
  readonly system: string;
  /** The tools on offer, by name; those of a group also as `group.name`. */
  readonly tools: ReadonlyMap<string, ToolForm>;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly input: Readonly<Record<string, unknown>> | string;
}

export interface ModelReply {
  /** Unique within the conversation. */
  readonly id: string;
  readonly model: string;
  readonly reasoning?: string | undefined;
  readonly text?: string | undefined;
  readonly calls: readonly ToolCall[];
  readonly usage: Usage;
}

/** Faults that are an HTTP answer; the others happen to a reply on its way. */
export type RefusalKind = Exclude<Fault['kind'], 'cut' | 'hang' | 'malformed'>;

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** What a protocol makes of a path. */
export type Route =
  | { readonly kind: 'model'; readonly model?: string; readonly stream?: boolean }
  /** Answered at once: no reply of the model. */
  | { readonly kind: 'side'; readonly answer: (body: unknown, models: readonly string[]) => HttpAnswer };

/** One wire protocol. All of it is pure; the server writes. */
export interface ModelProtocol {
  readonly name: ProtocolName;
  route(method: string, url: URL): Route | undefined;
  /** Throws MalformedRequest. */
  read(body: unknown, route: { readonly model?: string; readonly stream?: boolean }): ModelRequest;
  /** The events of a streamed reply, each as its bytes on the wire. */
  events(reply: ModelReply): readonly string[];
  /** The same reply as one JSON value. */
  whole(reply: ModelReply): unknown;
  refusal(kind: RefusalKind, message: string, retryAfterSeconds?: number): HttpAnswer;
  /** 400 for a request that the script can't answer. */
  badRequest(message: string): HttpAnswer;
}

/** A request that its protocol doesn't allow. */
export class MalformedRequest extends Error {}

const CALL_ID = /^call_r(\d+)_\d+$/;

/** Ids tell which reply of the conversation a call belongs to. */
export function callId(reply: number, index: number): string {
  return `call_r${reply}_${index}`;
}

export function replyOfCall(id: unknown): number | undefined {
  const match = typeof id === 'string' ? CALL_ID.exec(id) : null;
  return match ? Number(match[1]) : undefined;
}
