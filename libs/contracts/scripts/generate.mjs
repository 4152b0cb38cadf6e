// Compiles proto/ to TypeScript (src/generated) and to the descriptor set that REST and reflection read.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const contracts = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(contracts, '..', '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const generated = join(contracts, 'src', 'generated');

const template = {
  version: 'v2',
  plugins: [
    {
      local: bin('protoc-gen-ts_proto'),
      out: generated,
      include_imports: true,
      opt: [
        'outputServices=grpc-js',
        'stringEnums=true',
        'forceLong=string',
        'esModuleInterop=true',
        'importSuffix=.js',
        'useDate=true',
        'useOptionals=messages',
        'unrecognizedEnum=false',
        'outputJsonMethods=false',
        'exportCommonSymbols=false',
        'removeEnumPrefix=false',
        'snakeToCamel=keys',
        'env=node',
      ],
    },
  ],
};

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
const run = (args) => execFileSync(bin('buf'), args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
run(['generate', 'proto', '--template', JSON.stringify(template)]);
/** One line per generated file that re-exports all its names, so that nobody lists a message by hand. */
const barrel = (folder) =>
  readdirSync(join(generated, folder))
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => {
      const source = readFileSync(join(generated, folder, file), 'utf8');
      const found = (pattern) => [...source.matchAll(pattern)].map((match) => match[1]);
      const values = new Set(found(/^export (?:enum|const|function|class) (\w+)/gm));
      values.delete('protobufPackage');
      const types = new Set(found(/^export (?:interface|type) (\w+)/gm).filter((name) => !values.has(name)));
      const names = [...values, ...[...types].map((name) => `type ${name}`)];
      return names.length === 0
        ? ''
        : `export { ${names.join(', ')} } from './${folder}/${file.replace(/\.ts$/, '.js')}';\n`;
    })
    .join('');
writeFileSync(join(generated, 'public.ts'), barrel('heddle/v1'));
writeFileSync(join(generated, 'internal.ts'), barrel('heddle/internal/v1'));
writeFileSync(join(generated, 'rpc.ts'), barrel('google/rpc'));
run(['build', 'proto', '--as-file-descriptor-set', '-o', join(contracts, 'descriptors.binpb')]);
mkdirSync(join(contracts, 'dist'), { recursive: true });
cpSync(join(contracts, 'descriptors.binpb'), join(contracts, 'dist', 'descriptors.binpb'));
