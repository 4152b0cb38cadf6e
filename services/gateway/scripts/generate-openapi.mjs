// Writes openapi.json from proto/ by grpc-gateway's protoc-gen-openapiv3. For developers, after a change of the public API:
// it needs Go once, the result is committed, and a test tells when it is stale. Run: node services/gateway/scripts/generate-openapi.mjs
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mergeOpenapi } from './merge-openapi.mjs';

const PLUGIN = 'github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv3@v2.33.0';

const gateway = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(gateway, '..', '..');
const binaries = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'heddle', 'go-bin');
const plugin = join(binaries, 'protoc-gen-openapiv3');

if (!existsSync(plugin)) {
  process.stdout.write(`installing ${PLUGIN}\n`);
  execFileSync('go', ['install', PLUGIN], { env: { ...process.env, GOBIN: binaries }, stdio: 'inherit' });
}
/** The generator refuses a path in a stream of requests; over REST the first of them is what path and query say. */
function withoutRequestStreams(file) {
  const path = join(out, 'proto', 'heddle', 'v1', file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(\brpc \w+\()stream /g, '$1'));
}

const out = mkdtempSync(join(tmpdir(), 'heddle-openapi-'));
try {
  const template = JSON.stringify({ version: 'v2', plugins: [{ local: plugin, out }] });
  const buf = join(root, 'node_modules', '.bin', 'buf');
  cpSync(join(root, 'proto'), join(out, 'proto'), { recursive: true });
  for (const file of readdirSync(join(out, 'proto', 'heddle', 'v1'))) withoutRequestStreams(file);
  execFileSync(buf, ['generate', 'proto', '--template', template, '--path', 'proto/heddle/v1'], {
    cwd: out,
    stdio: 'inherit',
  });
  const folder = join(out, 'heddle', 'v1');
  const documents = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  const { MethodCatalog } = await import('../dist/catalog/method-catalog.js');
  const merged = mergeOpenapi(documents, new MethodCatalog().methods);
  const target = join(gateway, 'openapi.json');
  writeFileSync(target, JSON.stringify(merged));
  execFileSync(join(root, 'node_modules', '.bin', 'prettier'), ['--log-level', 'warn', '--write', target], {
    cwd: root,
    stdio: 'inherit',
  });
  process.stdout.write(
    `openapi.json: ${Object.keys(merged.paths).length} paths, ${Object.keys(merged.components.schemas).length} schemas\n`,
  );
} finally {
  rmSync(out, { recursive: true, force: true });
}
