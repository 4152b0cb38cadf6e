import { durationToMs, type Environment, type EnvironmentSecret, type NetworkRule } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago, duration } from '../output/time.js';
import type { ViewOptions } from './view-options.js';

export function environmentTable(environments: readonly Environment[], { style, columns, now }: ViewOptions): string[] {
  if (environments.length === 0)
    return ['There is no environment yet. Make one: heddle environment create -f environment.yaml'];
  return table(
    [
      { title: 'ID' },
      { title: 'NAME', shrinks: true },
      { title: 'VERSION', align: 'right' },
      { title: 'SETUP' },
      { title: 'NETWORK' },
      { title: 'CHECKS' },
      { title: 'CREATED' },
    ],
    environments.map((environment) => [
      { text: shortId(environment.id) },
      { text: environment.name, paint: style.bold },
      { text: String(environment.version) },
      { text: hasSetup(environment) ? 'yes' : '-' },
      { text: reach(environment) },
      { text: environment.checks.map(({ name }) => name).join(', ') || '-' },
      { text: ago(environment.createTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

export function environmentDetails(environment: Environment, { style }: ViewOptions): string[] {
  const field = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${style.dim(name.padEnd(11))} ${oneLine(value)}`];
  const { setup, network, rootfs, keepDuration, agent } = environment;
  return [
    `${style.bold('Environment')} ${environment.id}  ${oneLine(environment.name)}  version ${String(environment.version)}`,
    ...field('agent', agent === undefined ? '' : [agent.kind, ...agent.command].join(' ').slice(0, 100)),
    ...(agent?.mcpServers ?? []).flatMap((server) => field('mcp server', serverText(server))),
    ...field('driver', environment.driver),
    ...field('rootfs', rootfs?.directory || rootfs?.image),
    ...field('limits', limits(environment)),
    ...field('setup', firstLine(setup?.script)),
    ...field('inputs', setup?.inputs.join(', ')),
    ...field('maintenance', firstLine(environment.maintenance)),
    ...(network?.setup ?? []).flatMap((rule) => field('in setup', ruleText(rule))),
    ...(network?.agent ?? []).flatMap((rule) => field('in agent', ruleText(rule))),
    ...field('variables', Object.keys(environment.variables).sort().join(', ')),
    ...field('checks', environment.checks.map(({ name }) => name).join(', ')),
    ...field('tests', environment.testFiles.join(', ')),
    ...field('test with', environment.testCommand.join(' ')),
    ...field('forbidden', environment.forbiddenPaths.join(', ')),
    ...field('overlaps', environment.tellOverlaps ? 'told to agents at a further turn' : ''),
    ...field('kept for', keepDuration === undefined ? '' : duration(durationToMs(keepDuration))),
  ];
}

export function secretTable(
  secrets: readonly EnvironmentSecret[],
  environment: string,
  { style, columns, now }: ViewOptions,
): string[] {
  if (secrets.length === 0)
    return [`${oneLine(environment)} has no secret yet. Set one: heddle environment secret set NAME --from-file FILE`];
  return table(
    [{ title: 'NAME' }, { title: 'KIND' }, { title: 'GOES TO', shrinks: true }, { title: 'SET' }],
    secrets.map((secret) => [
      { text: secret.name, paint: style.bold },
      { text: secret.kind },
      { text: secret.kind === 'SETUP' ? 'the set-up script' : scopeText(secret) },
      { text: ago(secret.updateTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

/** A rule in the words of a file: `POST api.example.com:8443/v1`. */
export function ruleText({ preset, host, ports, methods, pathPrefix }: NetworkRule): string {
  if (preset !== '') return preset;
  const authority = ports.length === 0 ? host : `${host}:${ports.join(',')}`;
  return [methods.join(','), `${authority}${pathPrefix}`].filter((word) => word !== '').join(' ');
}

type EnvironmentServer = NonNullable<Environment['agent']>['mcpServers'][number];

/** As `--mcp` of `heddle run` takes it. */
function serverText({ name, url, command }: EnvironmentServer): string {
  return `${name}=${url === '' ? command.join(' ') : url}`;
}

function scopeText({ hosts, methods, pathPrefix }: EnvironmentSecret): string {
  return [methods.join(','), hosts.map((host) => `${host}${pathPrefix}`).join(' ')]
    .filter((word) => word !== '')
    .join(' ');
}

function reach({ network }: Environment): string {
  const [setup, agent] = [network?.setup.length ?? 0, network?.agent.length ?? 0];
  return setup + agent === 0 ? 'none' : `setup ${String(setup)}, agent ${String(agent)}`;
}

function hasSetup({ setup }: Environment): boolean {
  return setup !== undefined && setup.script !== '';
}

function limits({ limits: set }: Environment): string {
  return Object.entries(set ?? {})
    .filter(([, value]) => value !== 0 && value !== '0')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}

function firstLine(script: string | undefined): string {
  const [line = '', ...more] = (script ?? '').trim().split('\n');
  return more.length === 0 ? line : `${line} … (${String(more.length + 1)} lines)`;
}
