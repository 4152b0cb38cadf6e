import { createHash } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PinnedDownload } from './pins.js';
import { lastLines, runCommand } from '../processes/run-command.js';
import { SetupError } from './setup.error.js';

const CONNECT_SECONDS = 10;
const TOTAL_SECONDS = 900;

/**
 * Fetches a pinned archive, checks it, and puts its one wanted file into `directory`.
 * @throws {SetupError} DOWNLOAD_FAILED, CHECKSUM_MISMATCH
 */
export async function downloadPinned(pin: PinnedDownload, directory: string, fetchFile = fetchTo): Promise<void> {
  const archive = join(directory, 'archive.tar.gz');
  await fetchFile(pin.url, archive);
  const found = await sha256(archive);
  if (found !== pin.sha256) {
    throw new SetupError(
      'CHECKSUM_MISMATCH',
      `${pin.url} has the checksum ${found}, not the pinned ${pin.sha256}: it is not used.`,
    );
  }
  const unpacked = await runCommand('tar', [
    '--extract',
    '--gzip',
    '--file',
    archive,
    '--directory',
    directory,
    pin.member,
  ]);
  if (unpacked.code !== 0)
    throw new SetupError('DOWNLOAD_FAILED', `${pin.url} could not be unpacked: ${lastLines(unpacked.stderr)}`);
  const file = basename(pin.member);
  if (file !== pin.member) await rename(join(directory, pin.member), join(directory, file));
  await rm(archive);
}

/** curl knows proxies and their exceptions, which fetch of Node 20 does not; without curl, fetch. */
async function fetchTo(url: string, file: string): Promise<void> {
  const limits = ['--connect-timeout', String(CONNECT_SECONDS), '--max-time', String(TOTAL_SECONDS)];
  const curl = await runCommand('curl', [
    '--fail',
    '--location',
    '--silent',
    '--show-error',
    '--proto',
    '=https',
    ...limits,
    '--output',
    file,
    url,
  ]);
  if (curl.code === 0) return;
  if (curl.code !== undefined) throw new SetupError('DOWNLOAD_FAILED', `${url}: ${lastLines(curl.stderr, 1)}`);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TOTAL_SECONDS * 1000) });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    await writeFile(file, response.body);
  } catch (cause) {
    throw new SetupError('DOWNLOAD_FAILED', `${url}: ${String(cause)}`, [], { cause });
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
