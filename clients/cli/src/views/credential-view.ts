import type { Credential } from '@heddle/sdk';
import { oneLine } from '../output/neutralise.js';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { ago, duration } from '../output/time.js';
import type { ViewOptions } from './view-options.js';

export function credentialTable(credentials: readonly Credential[], { style, columns, now }: ViewOptions): string[] {
  if (credentials.length === 0)
    return [
      'There is no credential yet. Make one: heddle admin credentials create NAME --provider PROVIDER --from-file FILE',
    ];
  return table(
    [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'PROVIDER' },
      { title: 'GOES TO', shrinks: true },
      { title: 'AT ONCE', align: 'right' },
      { title: 'COOLS' },
      { title: 'CHANGED' },
    ],
    credentials.map((credential) => [
      { text: shortId(credential.id) },
      { text: credential.name, paint: style.bold },
      { text: credential.provider },
      { text: credential.baseUrl },
      { text: atOnce(credential) },
      { text: cools(credential, now) || '-' },
      { text: ago(credential.updateTime, now), paint: style.dim },
    ]),
    { columns, paintHead: style.dim },
  );
}

export function credentialDetails(credential: Credential, { style, now }: ViewOptions): string[] {
  const field = (name: string, value: string): string[] =>
    value === '' ? [] : [`${style.dim(name.padEnd(8))} ${oneLine(value)}`];
  return [
    `${style.bold('Credential')} ${credential.id}  ${oneLine(credential.name)}`,
    ...field('provider', credential.provider),
    ...field('goes to', credential.baseUrl),
    ...field('at once', atOnce(credential)),
    ...field('cools', cools(credential, now)),
    ...field('changed', ago(credential.updateTime, now)),
  ];
}

function atOnce({ maxConcurrentAttempts }: Credential): string {
  return maxConcurrentAttempts === 0 ? 'any' : String(maxConcurrentAttempts);
}

/** For how long no attempt of it begins. */
function cools({ cooldownEndTime }: Credential, now: Date): string {
  if (cooldownEndTime === undefined) return '';
  const left = Date.parse(cooldownEndTime) - now.getTime();
  return left > 0 ? `for ${duration(left)}` : '';
}
