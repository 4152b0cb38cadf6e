import { EnvironmentSecret_Kind, type SetEnvironmentSecretRequest } from '@heddle/contracts';
import { fieldInvalid, type FieldViolation } from '@heddle/domain';
import { hostsViolations, scopeViolations } from '../environments/network-violations.js';
import { isVariableName } from '../shared/recipe-violations.js';

/** A shorter value would be found by chance in trees and logs, where values are looked for. */
const MIN_BYTES = 8;
const MAX_BYTES = 64 * 1024;
const MAX_TEXT = 1_024;

/** What a connection is made of is not a credential's to say. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** All faults at once, none with anything of the value. @throws HeddleError FIELD_INVALID */
export function refuseInvalidSecret(request: SetEnvironmentSecretRequest): void {
  const violations = [...kindViolations(request), ...valueViolations(request.value)];
  if (violations.length > 0) throw fieldInvalid(violations);
}

function kindViolations(request: SetEnvironmentSecretRequest): FieldViolation[] {
  switch (request.kind) {
    case EnvironmentSecret_Kind.SETUP:
      return setupViolations(request);
    case EnvironmentSecret_Kind.EGRESS:
      return egressViolations(request);
    default:
      return [{ field: 'kind', description: 'must be SETUP or EGRESS' }];
  }
}

function setupViolations(request: SetEnvironmentSecretRequest): FieldViolation[] {
  const violations: FieldViolation[] = [];
  if (!isVariableName(request.name))
    violations.push({ field: 'name', description: 'must be a name of a variable that does not begin with HEDDLE_' });
  for (const [field, value] of [
    ['hosts', request.hosts],
    ['methods', request.methods],
    ['path_prefix', request.pathPrefix],
    ['header', request.header],
    ['format', request.format],
  ] as const)
    if (value.length > 0) violations.push({ field, description: 'is for kind EGRESS only' });
  return violations;
}

function egressViolations(request: SetEnvironmentSecretRequest): FieldViolation[] {
  const { name, hosts, header, format, value } = request;
  const violations: FieldViolation[] = [];
  if (!/^[A-Za-z_][\w.-]{0,127}$/.test(name))
    violations.push({ field: 'name', description: 'must be 1 to 128 letters, digits, . _ or -, a letter or _ first' });
  if (hosts.length === 0) violations.push({ field: 'hosts', description: 'is required: where the secret may be sent' });
  violations.push(...hostsViolations(hosts, 'hosts'), ...scopeViolations(request, ''));
  if (header !== '' && (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(header) || RESERVED_HEADERS.has(header.toLowerCase())))
    violations.push({ field: 'header', description: 'must be the name of a header that may carry a credential' });
  if (format !== '' && !isFormat(format))
    violations.push({
      field: 'format',
      description: 'must be printable ASCII with one {value}, or {basic:USER} for USER and value in base64',
    });
  // It becomes part of a header, where a line break would begin another one.
  if (!/^[\x20-\x7e]*$/.test(value))
    violations.push({ field: 'value', description: 'must be printable ASCII for kind EGRESS' });
  return violations;
}

function isFormat(format: string): boolean {
  if (format.length > MAX_TEXT || !/^[\x20-\x7e]+$/.test(format)) return false;
  return (format.match(/\{value\}|\{basic:[^{}:]+\}/g) ?? []).length === 1;
}

function valueViolations(value: string): FieldViolation[] {
  const bytes = Buffer.byteLength(value);
  if (bytes >= MIN_BYTES && bytes <= MAX_BYTES && !value.includes('\0')) return [];
  return [{ field: 'value', description: 'must be 8 bytes to 64 KiB, without NUL' }];
}
