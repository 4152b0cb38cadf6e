/** An answer as it came over the wire; `body` is the parsed JSON, or the text where it is none. */
export interface RestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface RestCall {
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly rawBody?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: no Authorization header at all. */
  readonly token?: string | null;
  readonly signal?: AbortSignal;
}

/**
 * The REST API by bare fetch: what is on the wire is what the test sees. Nothing is repeated here, and nothing is
 * given a default.
 */
export class RestDoor {
  constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  /** One call, whatever it answers. */
  async call<T = unknown>(method: string, path: string, call: RestCall = {}): Promise<RestAnswer<T>> {
    const response = await this.open(method, path, call);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) as T };
  }

  /** The bare response, its body unread. */
  open(
    method: string,
    path: string,
    { body, rawBody, headers, token = this.token, signal }: RestCall = {},
  ): Promise<Response> {
    const content = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    return fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** @throws Error with the whole answer unless it is 200 */
  async get<T>(path: string): Promise<T> {
    return succeeded(await this.call<T>('GET', path), `GET ${path}`);
  }

  /** @throws Error with the whole answer unless it is 200 */
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return succeeded(await this.call<T>('POST', path, { body }), `POST ${path}`);
  }
}

function succeeded<T>(answer: RestAnswer<T>, what: string): T {
  if (answer.status === 200) return answer.body;
  throw new Error(`${what} answered ${String(answer.status)}: ${JSON.stringify(answer.body)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
