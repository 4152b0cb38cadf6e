import { execFile } from 'node:child_process';
import { SandboxError } from '@heddle/sandbox';

const OUTPUT_BYTES = 8 * 1024 * 1024;
const LAST_LINES = 12;
const MAX_LINE = 300;

/** Set by whoever started the platform by npm, or the platform's own: none of it is npm's configuration. */
const WITHHELD = /^(?:HEDDLE_|NODE_OPTIONS$|npm_(?:lifecycle|package)_|npm_config_(?:local_)?prefix$)/i;

/**
 * Installs what the package.json of `directory` asks for, by the operator's own configuration of npm (registry, proxy,
 * credentials). No script of a package runs. Where a lock file is there, what comes has to be what it says.
 * @throws SandboxError AGENT_INSTALL_FAILED with npm's last lines
 */
export async function runNpm(directory: string, signal: AbortSignal, npm = 'npm'): Promise<void> {
  const args = [
    'install',
    '--ignore-scripts',
    '--include=optional',
    '--omit=dev',
    '--no-save',
    '--no-audit',
    '--no-fund',
  ];
  // Not `ci`: it refuses a lock file without the packages of every other platform.
  const options = [...args, '--loglevel=error', '--progress=false', '--prefix', directory];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !WITHHELD.test(name)));
  await new Promise<void>((resolve, reject) => {
    execFile(npm, options, { cwd: directory, env, signal, maxBuffer: OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error === null) {
        resolve();
        return;
      }
      const said = lastLines(`${stdout}\n${stderr}`);
      const why = signal.aborted ? 'it took too long, or the runner stopped' : said || error.message;
      reject(new SandboxError('AGENT_INSTALL_FAILED', `npm could not install it: ${why}`, { cause: error }));
    });
  });
}

/** What npm said last, in one line each, without what may be a credential. */
export function lastLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^npm (?:error|ERR!) ?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log'));
  return lines
    .slice(-LAST_LINES)
    .map((line) => withoutCredentials(line).slice(0, MAX_LINE))
    .join('; ');
}

function withoutCredentials(line: string): string {
  return line
    .replace(/\b(Bearer|Basic)\s+\S+/gi, '$1 ***')
    .replace(/(\/\/)[^/@\s]+@/g, '$1***@')
    .replace(/((?:_authToken|_auth|_password|password|token|authorization)["']?\s*[=:]\s*)\S+/gi, '$1***')
    .replace(/([?&][^=\s&]*(?:token|key|secret|password|signature)[^=\s&]*=)[^&\s]+/gi, '$1***')
    .replace(/\bnpm_[A-Za-z0-9]{20,}/g, '***');
}
