import { fromJson, toBinary, type DescMessage } from '@bufbuild/protobuf';
import { descriptorRegistry, type JsonValue } from '@heddle/contracts/json';
import { fieldInvalid, type FieldViolation } from '@heddle/domain';
import { fieldOf, jsonFaults } from './json-faults.js';
import { isObject, putText, type JsonObject } from './query-values.js';
import type { MatchedRoute } from './route-table.js';

/**
 * The binary request of an rpc from path, query and body.
 * @param body parsed JSON; undefined if there was none
 * @throws HeddleError FIELD_INVALID with every fault, in the spelling of the client
 */
export function transcodeRequest(route: MatchedRoute, query: URLSearchParams, body: JsonValue | undefined): Uint8Array {
  const { input } = route.method;
  const violations: FieldViolation[] = [];
  const request = fromBody(route, body, violations);
  const bodyTaken = route.binding.body === '*';
  for (const [name, value] of route.pathValues) putPathValue(request, input, name, value, violations);
  for (const [name, value] of query) {
    if (bodyTaken || isBound(route, input, name))
      violations.push({ field: name, description: 'cannot be given in the query here' });
    else violations.push(...list(putText(request, input, name, value)));
  }
  addMask(route, request, body);
  if (violations.length === 0) violations.push(...jsonFaults(input, request));
  if (violations.length > 0) throw fieldInvalid(fromFieldBody(route, violations));
  try {
    return toBinary(input, fromJson(input, request, { registry: descriptorRegistry() }));
  } catch (error) {
    throw fieldInvalid([{ field: '', description: error instanceof Error ? error.message : 'cannot be read' }]);
  }
}

function fromBody(route: MatchedRoute, body: JsonValue | undefined, violations: FieldViolation[]): JsonObject {
  const { binding, method } = route;
  if (binding.body === '') return {};
  const value = body === undefined ? {} : body;
  if (!isObject(value)) {
    violations.push({ field: '', description: 'the body must be a JSON object' });
    return {};
  }
  if (binding.body === '*') return { ...value };
  const field = fieldOf(method.input, binding.body);
  return { [field?.jsonName ?? binding.body]: { ...value } };
}

/** An update without a mask changes what was sent. */
function addMask(route: MatchedRoute, request: JsonObject, body: JsonValue | undefined): void {
  const { binding, method } = route;
  const mask = method.input.fields.find((field) => field.message?.typeName === 'google.protobuf.FieldMask');
  if (binding.verb !== 'PATCH' || mask === undefined || request[mask.jsonName] !== undefined || !isObject(body)) return;
  const resource = fieldOf(method.input, binding.body)?.message;
  const names = Object.keys(body).map((key) => (resource && fieldOf(resource, key)?.jsonName) ?? key);
  request[mask.jsonName] = names.join(',');
}

function putPathValue(
  request: JsonObject,
  input: DescMessage,
  name: string,
  value: string,
  violations: FieldViolation[],
): void {
  const own: JsonObject = {};
  violations.push(...list(putText(own, input, name, value)));
  merge(request, own, '', violations);
}

/** What the path says holds; a body that says something else is contradictory. */
function merge(target: JsonObject, own: JsonObject, path: string, violations: FieldViolation[]): void {
  for (const [key, value] of Object.entries(own)) {
    const at = path === '' ? key : `${path}.${key}`;
    const known = target[key];
    if (isObject(value) && isObject(known)) merge(known, value, at, violations);
    else if (known === undefined || known === null || known === value) target[key] = value;
    else violations.push({ field: at, description: 'differs from the one in the path' });
  }
}

function isBound(route: MatchedRoute, input: DescMessage, name: string): boolean {
  const field = fieldOf(input, name.split('.')[0] ?? '');
  if (field === undefined) return false;
  return route.binding.body === field.name || route.pathValues.has(name) || route.pathValues.has(field.name);
}

/** Where the body is a field, the client does not see that field's name. */
function fromFieldBody(route: MatchedRoute, violations: readonly FieldViolation[]): FieldViolation[] {
  const { body } = route.binding;
  const prefix = body === '' || body === '*' ? '' : `${fieldOf(route.method.input, body)?.jsonName ?? body}.`;
  return violations.map((each) =>
    prefix !== '' && each.field.startsWith(prefix) ? { ...each, field: each.field.slice(prefix.length) } : each,
  );
}

function list<T>(item: T | undefined): T[] {
  return item === undefined ? [] : [item];
}
