import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';
import { StepFailed } from './step-failed.mjs';

/** True when what package-lock.json asks for is what node_modules holds, whoever installed it. */
export function dependenciesInstalled() {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(installedFile);
  return Object.entries(wanted).every(([path, entry]) => {
    // Workspaces are links; optional packages are there only on the platforms that they are for.
    if (!path.startsWith('node_modules/') || entry.link || entry.optional || entry.devOptional || entry.peer)
      return true;
    return installed[path]?.version === entry.version;
  });
}

/**
 * Installs what package-lock.json says and leaves that file alone. Not `npm ci`: that refuses a lock file without the
 * optional packages of every other platform, which only a full registry can list.
 * @throws {StepFailed} with what npm said
 */
export async function installDependencies() {
  const { NODE_OPTIONS: _ours, ...env } = process.env;
  const { code, output } = await run('npm', ['install', '--no-save', '--no-audit', '--no-fund'], { env });
  if (code === 0) return;
  const errors = output.split('\n').filter((line) => line.startsWith('npm error'));
  throw new StepFailed(
    `${(errors.length > 0 ? errors : output.split('\n')).slice(0, 20).join('\n')}\n\nnpm install failed.\n` +
      '  - behind a proxy or a mirror: configure npm for it (npm config set registry, proxy)\n' +
      '  - on a full disk or a broken cache: npm cache clean --force',
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
