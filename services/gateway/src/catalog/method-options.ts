import { getExtension, hasExtension, toJson, type DescMethod, type JsonValue, type Registry } from '@bufbuild/protobuf';

/** One way to reach a method over REST, as `google.api.http` declares it. */
export interface HttpBinding {
  readonly verb: string;
  /** For example `/v1/batches/{id}:cancel`. */
  readonly template: string;
  /** `*`: the body is the request; a field's name: the body is that field; empty: no body. */
  readonly body: string;
}

export type RoleName = 'VIEWER' | 'DEVELOPER' | 'OPERATOR';

export interface MethodAccess {
  /** The least role that may call it. */
  readonly role: RoleName;
  /** Callable without a token. */
  readonly open: boolean;
  /** Declared, but not built. */
  readonly planned: boolean;
}

const VERBS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** The first binding is the method's main one. */
export function httpBindings(method: DescMethod, registry: Registry): HttpBinding[] {
  const rule = option(method, registry, 'google.api.http');
  if (rule === undefined) return [];
  const more = Array.isArray(rule['additionalBindings']) ? rule['additionalBindings'] : [];
  return [rule, ...more.filter(isObject)].flatMap(toBinding);
}

export function methodAccess(method: DescMethod, registry: Registry): MethodAccess {
  const access = option(method, registry, 'heddle.v1.access') ?? {};
  return { role: toRole(access['role']), open: access['open'] === true, planned: access['planned'] === true };
}

type JsonObject = Readonly<Record<string, JsonValue>>;

function option(method: DescMethod, registry: Registry, name: string): JsonObject | undefined {
  const extension = registry.getExtension(name);
  const options = method.proto.options;
  if (extension?.message === undefined || options === undefined || !hasExtension(options, extension)) return undefined;
  const value = toJson(extension.message, getExtension(options, extension) as never, { registry });
  return isObject(value) ? value : undefined;
}

function toBinding(rule: JsonObject): HttpBinding[] {
  const body = typeof rule['body'] === 'string' ? rule['body'] : '';
  return VERBS.flatMap((verb) => {
    const template = rule[verb];
    return typeof template === 'string' ? [{ verb: verb.toUpperCase(), template, body }] : [];
  });
}

/** A method that forgot to declare its role is for operators only. */
function toRole(word: JsonValue | undefined): RoleName {
  return word === 'VIEWER' || word === 'DEVELOPER' ? word : 'OPERATOR';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
