import { HeddleConfigError } from '../errors/heddle-config.error.js';
import { dataDirectory } from './data-directory.js';
import { readRunFile } from './run-file.js';

export interface Connection {
  readonly url: string;
  readonly token: string | undefined;
}

/**
 * HEDDLE_URL and HEDDLE_TOKEN; otherwise the platform that runs on this machine, by its run.json. That platform's token is
 * only ever sent to that platform.
 * @throws {HeddleConfigError} SERVER_UNKNOWN, URL_INVALID, RUN_FILE_INVALID
 */
export async function resolveConnection(env: NodeJS.ProcessEnv): Promise<Connection> {
  const url = nonEmpty(env['HEDDLE_URL']);
  const token = nonEmpty(env['HEDDLE_TOKEN']);
  if (url !== undefined) {
    const checked = checkedUrl(url);
    if (token !== undefined) return { url: checked, token };
    const local = await readRunFile(dataDirectory(env));
    return { url: checked, token: local?.url === checked ? local.adminToken : undefined };
  }
  const directory = dataDirectory(env);
  const local = await readRunFile(directory);
  if (local === undefined) {
    throw new HeddleConfigError(
      'SERVER_UNKNOWN',
      `No platform runs on ${directory}. Start one with "npm start", or set HEDDLE_URL and HEDDLE_TOKEN ` +
        '(or HEDDLE_DATA_DIR for a platform that keeps its data elsewhere).',
    );
  }
  return { url: checkedUrl(local.url), token: token ?? local.adminToken };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function checkedUrl(url: string): string {
  if (!URL.canParse(url) || !['http:', 'https:'].includes(new URL(url).protocol)) {
    throw new HeddleConfigError('URL_INVALID', `HEDDLE_URL is no http or https address: ${JSON.stringify(url)}`);
  }
  return url.replace(/\/+$/, '');
}
