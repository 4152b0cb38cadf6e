import type { EgressGrant } from '@heddle/egress';
import type { BoxSpec, DriverOffer, ProcessResult, ProcessSpec, ProcessUsage, StopReason } from '@heddle/sandbox';

/**
 * What runner and supervisor say to each other: one JSON object per line over a unix socket. Every method is named by
 * (sandbox, box, process) and may be repeated: a repeat attaches to what is there.
 */
export interface SupervisorMethods {
  hello: { params: Record<string, never>; result: SupervisorHello };
  /** Mounts the box and makes its control group. */
  createBox: { params: { readonly sandbox: string; readonly box: BoxSpec }; result: Record<string, never> };
  /**
   * Says what a box with a network may reach, before its process is started. It holds secrets, and is on no record: the
   * next supervisor has to be told again. A repeat changes nothing, another grant ends what goes on.
   */
  grantEgress: {
    params: BoxName & {
      readonly grant: EgressGrant;
      /** Configuration for programs of the inside, by its place there; nothing secret. */
      readonly files: Readonly<Record<string, string>>;
    };
    result: Record<string, never>;
  };
  /** Starts the process unless it runs or has ended already. */
  start: { params: StartParams; result: { readonly startedAt: number } };
  /** Answers when the process and everything it left behind is dead and its output is in the spools. */
  wait: { params: ProcessName; result: ProcessResult };
  /** Ends one process, for what it printed; `wait` then answers. `false`: not now, its sandbox is paused. */
  end: { params: ProcessName & { readonly graceMs: number }; result: { readonly ended: boolean } };
  /** What the sandboxes use in which something runs. */
  usage: { params: Record<string, never>; result: { readonly samples: readonly UsageSample[] } };
  /** Ends everything in the sandbox; nothing can be started in it any more. `false`: nothing was running. */
  stop: {
    params: { readonly sandbox: string; readonly reason: StopReason; readonly graceMs: number };
    result: { readonly stopped: boolean };
  };
  /** Thawed again by itself after `holdMs`. */
  freeze: { params: BoxName & { readonly limitMs: number; readonly holdMs: number }; result: Record<string, never> };
  thaw: { params: BoxName; result: Record<string, never> };
  /** Nothing of the sandbox runs from then on, also not after the supervisor's death; Unix milliseconds. */
  pause: { params: { readonly sandbox: string }; result: { readonly since: number } };
  resume: { params: { readonly sandbox: string }; result: Record<string, never> };
  /** Unmounts an empty box and removes its control group; its directory stays. */
  destroyBox: { params: BoxName; result: Record<string, never> };
  /** Ends the terminals over what the sandbox left; none can be opened until it is there no more. */
  closeTerminals: { params: { readonly sandbox: string }; result: Record<string, never> };
  /** Removes a released sandbox with all that is left of it. */
  remove: { params: { readonly sandbox: string }; result: Record<string, never> };
  /** Looks for what nobody owns and removes it, as it does by itself now and then; says what there was. */
  sweep: { params: Record<string, never>; result: { readonly removed: readonly string[] } };
}

export interface UsageSample {
  readonly sandbox: string;
  readonly usage: ProcessUsage;
}

export interface SupervisorHello extends DriverOffer {
  readonly pid: number;
  readonly attributePrefix: 'trusted.overlay.' | 'user.overlay.' | undefined;
  /** Where boxes have their work tree, home and platform files; absent where each box has them elsewhere. */
  readonly inside: { readonly workspace: string; readonly home: string; readonly run: string } | undefined;
  /** Sandboxes with a living process. */
  readonly running: readonly string[];
}

/** A sandbox is named by its directory's name. */
export interface BoxName {
  readonly sandbox: string;
  readonly box: string;
}

export interface ProcessName extends BoxName {
  readonly process: string;
}

export interface StartParams extends BoxName {
  readonly process: ProcessSpec;
  /** Wall clock after which the process is ended as TIMED_OUT; absent: none. */
  readonly timeoutMs?: number;
  /** Without output and without processor time, after which it is ended as LIMITED; absent: none. */
  readonly idleMs?: number;
  /** Its files are read when it has ended: what the host's disk did not take of them is looked for. */
  readonly captured?: boolean;
}

export type MethodName = keyof SupervisorMethods;
export type Params<M extends MethodName> = SupervisorMethods[M]['params'];
export type Result<M extends MethodName> = SupervisorMethods[M]['result'];

export interface RequestLine {
  readonly id: number;
  readonly method: MethodName;
  readonly params: unknown;
}

export type ResponseLine =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly reason: string; readonly message: string } };

export function isMethodName(word: string): word is MethodName {
  return METHODS.has(word);
}

const METHODS: ReadonlySet<string> = new Set<MethodName>([
  'hello',
  'createBox',
  'grantEgress',
  'start',
  'wait',
  'end',
  'usage',
  'stop',
  'freeze',
  'thaw',
  'pause',
  'resume',
  'destroyBox',
  'closeTerminals',
  'remove',
  'sweep',
]);
