import { HeddleError } from '@heddle/domain';
import type { MethodCatalog, RpcMethod } from '../catalog/method-catalog.js';
import type { HttpBinding } from '../catalog/method-options.js';

export interface MatchedRoute {
  readonly method: RpcMethod;
  readonly binding: HttpBinding;
  /** Values of the path by field path, decoded. */
  readonly pathValues: ReadonlyMap<string, string>;
}

interface Route {
  readonly method: RpcMethod;
  readonly binding: HttpBinding;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** The REST routes, as the `google.api.http` annotations declare them. */
export class RouteTable {
  private readonly routes: readonly Route[];

  constructor(catalog: MethodCatalog) {
    this.routes = catalog.methods.flatMap((method) =>
      method.bindings.map((binding) => ({ method, binding, ...compile(binding.template) })),
    );
  }

  /**
   * @param path still percent-encoded, without the query
   * @throws HeddleError ROUTE_NOT_FOUND; METHOD_NOT_ALLOWED with the verbs that the path has in its metadata
   */
  match(verb: string, path: string): MatchedRoute {
    const candidates = this.routes.flatMap((route) => {
      const found = route.pattern.exec(path);
      const values = found === null ? undefined : decoded(found.slice(1));
      return values === undefined
        ? []
        : [{ route, pathValues: new Map(route.names.map((name, index) => [name, values[index] ?? ''])) }];
    });
    if (candidates.length === 0)
      throw new HeddleError('ROUTE_NOT_FOUND', `There is no ${path.slice(0, 200)} here`, {
        metadata: { path: path.slice(0, 200) },
      });
    const chosen = candidates.find(({ route }) => route.binding.verb === verb);
    if (chosen === undefined) {
      const allowed = [...new Set(candidates.map(({ route }) => route.binding.verb))].sort().join(', ');
      throw new HeddleError('METHOD_NOT_ALLOWED', `${verb} is not possible here, but ${allowed}`, {
        metadata: { allowed },
      });
    }
    return { method: chosen.route.method, binding: chosen.route.binding, pathValues: chosen.pathValues };
  }
}

/** A variable takes one segment and no colon: what follows a colon is a custom method. */
function compile(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = template
    .split(/(\{[^}]+\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(part.slice(1, -1));
      return '([^/:]+)';
    })
    .join('');
  return { pattern: new RegExp(`^${source}$`), names };
}

/** Undefined if a value is not percent-encoded UTF-8. */
function decoded(values: readonly string[]): string[] | undefined {
  try {
    return values.map((value) => decodeURIComponent(value));
  } catch {
    return undefined;
  }
}
