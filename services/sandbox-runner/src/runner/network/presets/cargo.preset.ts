import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { errnoOf, SandboxError } from '@heddle/sandbox';
import { askClient } from './ask-client.js';
import type { PresetAccess } from './presets.js';
import { urlAccess } from './url-access.js';

const DEFAULT_SOURCE = 'crates-io';
const LIMIT_MS = 20_000;

type Sources = Readonly<Record<string, { readonly registry?: string; readonly 'replace-with'?: string }>>;

/** The index that cargo is configured for (sparse ones only), and the host that its crates are loaded from. */
export async function cargoAccess(): Promise<PresetAccess> {
  const sources = await configuredSources();
  const replaced = sources[DEFAULT_SOURCE]?.['replace-with'];
  const source = replaced === undefined ? await builtInIndex() : (sources[replaced]?.registry ?? '');
  if (!source.startsWith('sparse+'))
    throw new SandboxError(
      'EGRESS_UNAVAILABLE',
      `cargo on this runner uses ${source || 'no index'}, which is not a sparse one`,
    );
  const index = source.slice('sparse+'.length);
  return {
    ...urlAccess('CARGO', [{ url: index }, { url: await downloads(index) }]),
    environment: {},
    // Found from every work tree: cargo reads those of all directories above it.
    files: replaced === undefined ? {} : { '/.cargo/config.toml': stringify({ source: sources }) },
  };
}

async function configuredSources(): Promise<Sources> {
  const home = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
  for (const name of ['config.toml', 'config']) {
    try {
      return (parse(await readFile(join(home, name), 'utf8'))['source'] ?? {}) as Sources;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return {};
}

/** No command of cargo says it; the program itself holds it. */
async function builtInIndex(): Promise<string> {
  const root = (await askClient('rustc', ['--print', 'sysroot'])).trim();
  const program = await readFile(join(root, 'bin', 'cargo')).catch((error: unknown) => {
    throw new SandboxError('EGRESS_UNAVAILABLE', 'cargo is not installed on this runner', { cause: error });
  });
  const [index] = /sparse\+https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+\//.exec(program.toString('latin1')) ?? [];
  if (index === undefined)
    throw new SandboxError('EGRESS_UNAVAILABLE', 'cargo on this runner does not hold the address of its index');
  return index;
}

/** Where the index says that crates are. */
async function downloads(index: string): Promise<string> {
  try {
    const answer = await fetch(`${index.replace(/\/?$/, '/')}config.json`, { signal: AbortSignal.timeout(LIMIT_MS) });
    const { dl } = (await answer.json()) as { dl?: unknown };
    if (typeof dl === 'string') return dl.replace(/\{[^}]*\}.*$/, '');
    throw new Error('it has no "dl"');
  } catch (error) {
    throw new SandboxError('EGRESS_UNAVAILABLE', `the index ${index} did not say where its crates are`, {
      cause: error,
    });
  }
}
