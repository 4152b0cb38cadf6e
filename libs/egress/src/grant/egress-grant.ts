/** What a sandbox may reach. A rule that names methods or a path prefix implies that TLS to its hosts is ended here. */
export interface EgressRule {
  /** An exact name, or `*.suffix`, which does not stand for the suffix itself. */
  readonly host: string;
  /** Empty: 443. */
  readonly ports: readonly number[];
  /** Empty: every method. */
  readonly methods: readonly string[];
  /** Whole segments: `/v1` covers `/v1` and `/v1/x`, not `/v10`. Empty: every path. */
  readonly pathPrefix: string;
}

/** A header that the egress puts on requests, over TLS unless it says otherwise; the sandbox never sees its value. It allows nothing by itself. */
export interface EgressCredential {
  readonly name: string;
  /** As in a rule. */
  readonly hosts: readonly string[];
  readonly methods: readonly string[];
  readonly pathPrefix: string;
  /** Absent: every port that a rule opens. */
  readonly ports?: readonly number[];
  /** Also in the clear: for hosts of a network that the operator trusts. */
  readonly plain?: boolean;
  readonly header: string;
  /** `{value}` stands for the value, `{basic:USER}` for base64 of `USER:value`. */
  readonly format: string;
  readonly value: string;
  /** Requests that carry it wait for their turn; absent: each goes out at once. */
  readonly line?: CredentialLine;
}

/** The line that requests to a model's server wait in, those of all sandboxes of a host whose grants name it. */
export interface CredentialLine {
  readonly name: string;
  /** Milliseconds that a request may wait, all its tries together; less than its client is patient. */
  readonly maxWaitMs: number;
}

export interface EgressGrant {
  readonly rules: readonly EgressRule[];
  readonly credentials: readonly EgressCredential[];
  /** `host` or `host:port`, which may have a private or loopback address; link-local ones stay refused. */
  readonly privateHosts: readonly string[];
}
