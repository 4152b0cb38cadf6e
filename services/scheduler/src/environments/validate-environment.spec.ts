import { describe, expect, it } from '@jest/globals';
import { CreateEnvironmentRequest } from '@heddle/contracts';
import { HeddleError, NETWORK_PRESETS } from '@heddle/domain';
import { refuseInvalidEnvironment } from './validate-environment.js';

/** As of an image. */
const DIGEST = `sha256:${'0123abcd'.repeat(8)}`;
const MAXIMA = {
  HEDDLE_MAX_MEMORY_BYTES: 1_000,
  HEDDLE_MAX_PROCESSES: 10,
  HEDDLE_MAX_OUTPUT_BYTES: 100,
  HEDDLE_MAX_DURATION: 60,
  HEDDLE_MAX_CPU_MILLIS: 2_000,
  HEDDLE_MAX_DISK_BYTES: 5_000,
  HEDDLE_MAX_DISK_INODES: 50,
  HEDDLE_MAX_OPEN_FILES: 64,
  HEDDLE_MAX_IDLE_DURATION: 30,
  HEDDLE_MAX_KEEP_DURATION: 90,
};
/** Fields of a CreateEnvironmentRequest, some of them bad. */
type Recipe = Readonly<Record<string, unknown>>;

function faults(recipe: Recipe): string[] {
  const request = CreateEnvironmentRequest.fromPartial({ name: 'node', ...recipe } as never);
  try {
    refuseInvalidEnvironment(request, MAXIMA);
  } catch (error) {
    if (HeddleError.is(error)) return error.violations.map(({ field, description }) => `${field}: ${description}`);
    throw error;
  }
  return [];
}

const agentRule = (rule: object): Recipe => ({ network: { setup: [], agent: [rule] } });
const seconds = (count: number) => ({ seconds: String(count), nanos: 0 });

describe('what an environment may say', () => {
  it('is all of this', () => {
    const presets = Object.keys(NETWORK_PRESETS).map((preset) => ({ preset }));
    const network = {
      setup: presets,
      agent: [
        { host: '*.example.com', ports: [443, 8443], methods: ['GET', 'PROPFIND'], pathPrefix: '/v1/a-b' },
        { host: 'example.com' },
      ],
    };
    const limits = { memoryBytes: '1000', processes: 10, outputBytes: '100', duration: seconds(60), cpuMillis: 2_000 };
    const more = { diskBytes: '5000', diskInodes: '50', openFiles: 64, idleDuration: seconds(30) };
    const setup = { script: 'npm ci', timeout: seconds(60), inputs: ['package-lock.json', '**/go.sum', 'a..b/*'] };
    expect(
      faults({ network, limits: { ...limits, ...more }, setup, maintenance: 'npm ci', keepDuration: seconds(90) }),
    ).toEqual([]);
    expect(faults({ driver: 'BUBBLEWRAP', rootfs: { directory: '/opt/roots/debian' } })).toEqual([]);
    expect(faults({ driver: 'CONTAINER' })).toEqual([]);
    for (const image of [`registry.example:5000/team/node@${DIGEST}`, DIGEST])
      expect(faults({ driver: 'CONTAINER', rootfs: { image } })).toEqual([]);
    expect(faults({})).toEqual([]);
  });

  it.each([
    ['memoryBytes', 'memory_bytes', '1001', '1000', 'HEDDLE_MAX_MEMORY_BYTES'],
    ['processes', 'processes', 11, '10', 'HEDDLE_MAX_PROCESSES'],
    ['outputBytes', 'output_bytes', '101', '100', 'HEDDLE_MAX_OUTPUT_BYTES'],
    ['cpuMillis', 'cpu_millis', 2_001, '2000', 'HEDDLE_MAX_CPU_MILLIS'],
    ['diskBytes', 'disk_bytes', '9223372036854775807', '5000', 'HEDDLE_MAX_DISK_BYTES'],
    ['diskInodes', 'disk_inodes', '51', '50', 'HEDDLE_MAX_DISK_INODES'],
    ['openFiles', 'open_files', 65, '64', 'HEDDLE_MAX_OPEN_FILES'],
  ])('is no limit %s beyond the maximum, which is named', (name, field, value, maximum, setting) => {
    expect(faults({ limits: { [name]: value } })).toEqual([
      `limits.${field}: must be at most ${maximum}, the platform's maximum (${setting})`,
    ]);
    expect(faults({ limits: { [name]: typeof value === 'string' ? '-1' : -1 } })).toEqual([
      `limits.${field}: must not be negative`,
    ]);
  });

  it.each([
    [{ limits: { duration: seconds(61) } }, 'limits.duration', '60 s', 'HEDDLE_MAX_DURATION'],
    [{ limits: { duration: seconds(0) } }, 'limits.duration', '60 s', 'HEDDLE_MAX_DURATION'],
    [{ limits: { idleDuration: seconds(31) } }, 'limits.idle_duration', '30 s', 'HEDDLE_MAX_IDLE_DURATION'],
    [{ setup: { timeout: seconds(61) } }, 'setup.timeout', '60 s', 'HEDDLE_MAX_DURATION'],
    [{ keepDuration: seconds(91) }, 'keep_duration', '90 s', 'HEDDLE_MAX_KEEP_DURATION'],
    [{ keepDuration: seconds(-1) }, 'keep_duration', '90 s', 'HEDDLE_MAX_KEEP_DURATION'],
  ])('is no time of %j', (recipe, field, maximum, setting) => {
    expect(faults(recipe)).toEqual([
      `${field}: must be more than 0 and at most ${maximum}, the platform's maximum (${setting})`,
    ]);
  });

  it.each([
    [{}, 'network.agent[0]'],
    [{ preset: 'NPM', host: 'example.com' }, 'network.agent[0]'],
    [{ preset: 'NPM', ports: [443] }, 'network.agent[0]'],
    [{ preset: 'NPM', methods: ['GET'] }, 'network.agent[0]'],
    [{ preset: 'npm' }, 'network.agent[0].preset'],
    [{ preset: 'toString' }, 'network.agent[0].preset'],
    [{ host: '127.0.0.1' }, 'network.agent[0].host'],
    [{ host: '*' }, 'network.agent[0].host'],
    [{ host: 'example.com', ports: [0] }, 'network.agent[0].ports[0]'],
    [{ host: 'example.com', ports: [443, 65_536] }, 'network.agent[0].ports[1]'],
    [{ host: 'example.com', methods: ['get'] }, 'network.agent[0].methods[0]'],
    [{ host: 'example.com', methods: ['GET X'] }, 'network.agent[0].methods[0]'],
    [{ host: 'example.com', pathPrefix: 'v1' }, 'network.agent[0].path_prefix'],
    [{ host: 'example.com', pathPrefix: '/a/../b' }, 'network.agent[0].path_prefix'],
    [{ host: 'example.com', pathPrefix: '/a%2e' }, 'network.agent[0].path_prefix'],
    [{ host: 'example.com', pathPrefix: '/a?b' }, 'network.agent[0].path_prefix'],
  ])('is no rule %j', (rule, field) => {
    expect(faults(agentRule(rule)).map((fault) => fault.split(': ')[0])).toEqual([field]);
    const inSetup = { network: { agent: [], setup: [rule] } };
    expect(faults(inSetup).map((fault) => fault.split(': ')[0])).toEqual([field.replace('agent', 'setup')]);
  });

  it.each([
    [{ setup: { script: 'x'.repeat(256 * 1024 + 1) } }, 'setup.script'],
    [{ setup: { script: 'a\0' } }, 'setup.script'],
    [{ maintenance: 'é'.repeat(128 * 1024 + 1) }, 'maintenance'],
    [{ setup: { inputs: [''] } }, 'setup.inputs[0]'],
    [{ setup: { inputs: ['a', '/etc/passwd'] } }, 'setup.inputs[1]'],
    [{ setup: { inputs: ['../x'] } }, 'setup.inputs[0]'],
    [{ setup: { inputs: ['a//b'] } }, 'setup.inputs[0]'],
    [{ driver: 'UNSAFE_HOST' }, 'driver'],
    [{ rootfs: { directory: 'opt' } }, 'rootfs.directory'],
    [{ rootfs: { directory: '/opt/../etc' } }, 'rootfs.directory'],
    [{ rootfs: { directory: '/' } }, 'rootfs.directory'],
    [{ rootfs: { image: DIGEST } }, 'rootfs.image'],
    [{ driver: 'BUBBLEWRAP', rootfs: { image: DIGEST } }, 'rootfs.image'],
    [{ driver: 'CONTAINER', rootfs: { image: 'node:22' } }, 'rootfs.image'],
    [{ driver: 'CONTAINER', rootfs: { image: `--x@${DIGEST}` } }, 'rootfs.image'],
    [{ driver: 'CONTAINER', rootfs: { image: `node@${DIGEST}0` } }, 'rootfs.image'],
    [{ driver: 'CONTAINER', rootfs: { directory: '/opt/roots/debian' } }, 'rootfs.directory'],
    [{ variables: { A: 'a\0' } }, 'variables.A'],
    [{ variables: { HEDDLE_X: '1' } }, 'variables.HEDDLE_X'],
  ])('is not %j', (recipe, field) => {
    expect(faults(recipe).map((fault) => fault.split(': ')[0])).toEqual([field]);
  });
});
