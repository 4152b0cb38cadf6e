import { paginate, type Page } from '../paging/paginate.js';
import type { Query } from '../http/query.js';
import { withRequestId } from '../http/request-id.js';
import type { CallOptions, Transport } from '../http/transport.js';

export interface ListOptions extends CallOptions {
  /** Items per request, up to 200. @defaultValue the server's (50) */
  readonly pageSize?: number;
}

/** What all resource clients do in the same way. */
export abstract class Resource {
  constructor(protected readonly transport: Transport) {}

  protected get<T>(path: string, query: Query, options?: CallOptions): Promise<T> {
    return this.transport.json<T>({ method: 'GET', path, query }, options);
  }

  /** A Create or a custom method: it always has a requestId, so that it may be repeated. */
  protected post<T>(
    path: string,
    input: { readonly requestId?: string | undefined },
    options?: CallOptions,
  ): Promise<T> {
    return this.transport.json<T>({ method: 'POST', path, body: withRequestId(input), safe: true }, options);
  }

  /** A question that needs a body; nothing is made, so it may be repeated. */
  protected ask<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.transport.json<T>({ method: 'POST', path, body, safe: true }, options);
  }

  /** Sets a whole thing, so it may be repeated. */
  protected put<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.transport.json<T>({ method: 'PUT', path, body, safe: true }, options);
  }

  /** Replaces the fields that the body has. */
  protected edit<T>(path: string, body: object, options?: CallOptions): Promise<T> {
    return this.transport.json<T>({ method: 'PATCH', path, body }, options);
  }

  protected async remove(path: string, options?: CallOptions): Promise<void> {
    await this.transport.json({ method: 'DELETE', path }, options);
  }

  protected list<T>(
    path: string,
    key: string,
    filter: Query,
    options: ListOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    return paginate<T>(async (pageToken) => {
      const page = await this.get<Readonly<Record<string, unknown>>>(
        path,
        { ...filter, pageSize: options.pageSize, pageToken },
        options,
      );
      return pageOf<T>(page, key);
    });
  }
}

export function pageOf<T>(answer: Readonly<Record<string, unknown>>, key: string): Page<T> {
  const token = answer['nextPageToken'];
  return { items: (answer[key] ?? []) as readonly T[], nextPageToken: typeof token === 'string' ? token : '' };
}
