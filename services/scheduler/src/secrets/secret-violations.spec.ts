import { describe, expect, it } from '@jest/globals';
import { EnvironmentSecret_Kind, SetEnvironmentSecretRequest } from '@heddle/contracts';
import { HeddleError } from '@heddle/domain';
import { refuseInvalidSecret } from './secret-violations.js';

const SETUP = { kind: EnvironmentSecret_Kind.SETUP, name: 'NPM_TOKEN', value: 'hush-hush' };
const EGRESS = { kind: EnvironmentSecret_Kind.EGRESS, name: 'model-key', value: 'hush-hush', hosts: ['api.example'] };

function refusal(request: object): HeddleError | undefined {
  try {
    refuseInvalidSecret(SetEnvironmentSecretRequest.fromPartial(request));
  } catch (error) {
    if (HeddleError.is(error)) return error;
    throw error;
  }
  return undefined;
}

describe('what a secret may be', () => {
  it.each([
    SETUP,
    { ...SETUP, value: 'lines\nand\r\ntabs\t' },
    { ...SETUP, value: 'x'.repeat(64 * 1024) },
    EGRESS,
    { ...EGRESS, hosts: ['*.api.example', 'b.example'], methods: ['POST'], pathPrefix: '/v1', header: 'X-Api-Key' },
    { ...EGRESS, format: 'Bearer {value}' },
    { ...EGRESS, format: 'Basic {basic:robot}' },
  ])('is %j', (request) => {
    expect(refusal(request)).toBeUndefined();
  });

  it.each([
    [{ ...SETUP, kind: EnvironmentSecret_Kind.KIND_UNSPECIFIED }, 'kind'],
    [{ ...SETUP, name: 'HEDDLE_TOKEN' }, 'name'],
    [{ ...SETUP, name: 'NPM-TOKEN' }, 'name'],
    [{ ...SETUP, name: '' }, 'name'],
    [{ ...SETUP, value: 'hush-hu' }, 'value'],
    [{ ...SETUP, value: 'x'.repeat(64 * 1024 + 1) }, 'value'],
    [{ ...SETUP, value: 'hush\0hush' }, 'value'],
    [{ ...SETUP, hosts: ['api.example'] }, 'hosts'],
    [{ ...SETUP, format: '{value}' }, 'format'],
    [{ ...EGRESS, hosts: [] }, 'hosts'],
    [{ ...EGRESS, hosts: ['api.example', '10.0.0.1'] }, 'hosts[1]'],
    [{ ...EGRESS, methods: ['post'] }, 'methods[0]'],
    [{ ...EGRESS, pathPrefix: 'v1' }, 'path_prefix'],
    [{ ...EGRESS, name: 'a b' }, 'name'],
    [{ ...EGRESS, header: 'Host' }, 'header'],
    [{ ...EGRESS, header: 'X-A: b\r\nX-B' }, 'header'],
    [{ ...EGRESS, format: 'Bearer' }, 'format'],
    [{ ...EGRESS, format: '{value}{value}' }, 'format'],
    [{ ...EGRESS, format: '{value}\r\nX-B: c' }, 'format'],
    [{ ...EGRESS, value: 'hush-hush\r\nX-B: c' }, 'value'],
  ])('is not %j, and the refusal holds nothing of the value', (request, field) => {
    const error = refusal(request);
    expect(error?.violations.map((violation) => violation.field)).toEqual([field]);
    expect(JSON.stringify([error?.message, error?.violations, error?.metadata])).not.toContain(request.value);
  });
});
