import { SandboxError } from '@heddle/sandbox';
import { askClient } from './ask-client.js';
import type { PresetAccess } from './presets.js';
import { urlAccess, withoutUserInfo } from './url-access.js';

/** What pip would use if nothing is configured: an index, and the host of the files that it links to. */
const DEFAULTS =
  'import json; from pip._internal.models.index import PyPI; print(json.dumps([PyPI.simple_url, PyPI.file_storage_domain]))';

/** The indexes that pip is configured for, in its files or by variables. */
export async function pipAccess(): Promise<PresetAccess> {
  const settings = parseList(await askClient('python3', ['-m', 'pip', 'config', 'list']));
  const setting = (name: string): string | undefined =>
    settings.get(`:env:.${name}`) ?? settings.get(`install.${name}`) ?? settings.get(`global.${name}`);
  const extra = (setting('extra-index-url') ?? '').split(/\s+/).filter(Boolean);
  const configured = setting('index-url');
  const [index, files] = configured === undefined ? await defaults() : [configured, undefined];
  const urls = [index, ...extra, ...(files === undefined ? [] : [`https://${files}/`])];
  return {
    ...urlAccess(
      'PIP',
      urls.map((url) => ({ url })),
    ),
    environment: {
      PIP_INDEX_URL: withoutUserInfo(index),
      ...(extra.length === 0 ? {} : { PIP_EXTRA_INDEX_URL: extra.map(withoutUserInfo).join(' ') }),
    },
    files: {},
  };
}

/** Lines of `name='value'`. */
function parseList(text: string): Map<string, string> {
  const entries = text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value] = /^([^=]+)='(.*)'$/.exec(line.trim()) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.replaceAll('\\n', '\n')]];
  });
  return new Map(entries);
}

async function defaults(): Promise<[index: string, files: string]> {
  const answer = JSON.parse(await askClient('python3', ['-c', DEFAULTS])) as unknown;
  if (Array.isArray(answer) && typeof answer[0] === 'string' && typeof answer[1] === 'string')
    return [answer[0], answer[1]];
  throw new SandboxError('EGRESS_UNAVAILABLE', 'pip on this runner does not say which index it uses');
}
