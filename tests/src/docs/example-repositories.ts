import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Files } from '../support/git/sample-repository.js';

const run = promisify(execFile);
const LIMIT_MS = 120_000;

/** A small repository with a dependency of its ecosystem's registry. */
interface ExampleRepository {
  /** It works on the host where it works in a sandbox: what is below /usr is in both. */
  readonly tool: readonly [program: string, ...args: string[]];
  readonly files: Readonly<Record<string, string>>;
  /** What the ecosystem's own client does on the host: it makes the lock file, and shows that the registry answers. */
  readonly client: readonly [program: string, ...args: string[]];
  readonly locks: readonly string[];
  /** What the agent adds. */
  readonly edit: Files;
}

const REPOSITORIES: Readonly<Record<string, ExampleRepository>> = {
  node: {
    tool: [process.execPath, '--version'],
    files: {
      '.gitignore': 'node_modules/\n',
      'package.json': '{"name":"shop","private":true,"type":"module","dependencies":{"is-odd":"3.0.1"}}\n',
      'shop.js':
        "import isOdd from 'is-odd';\n\nexport const odd = (counts) => counts.filter((count) => isOdd(count));\n",
    },
    client: ['npm', 'install', '--package-lock-only', '--no-audit', '--no-fund'],
    locks: ['package-lock.json'],
    edit: {
      'shop.test.js':
        "import assert from 'node:assert';\nimport { test } from 'node:test';\nimport { odd } from './shop.js';\n\ntest('odd', () => assert.deepEqual(odd([1, 2, 3]), [1, 3]));\n",
    },
  },
  python: {
    tool: ['/usr/bin/python3', '-c', 'import ensurepip, venv'],
    files: {
      'requirements.txt': 'iniconfig==2.0.0\n',
      'shop.py':
        'import iniconfig\n\n\ndef rate(text):\n    return iniconfig.IniConfig("x", data=text)["tax"]["rate"]\n',
    },
    client: [
      'python3',
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--dest=wheels',
      '--requirement=requirements.txt',
    ],
    locks: [],
    edit: {
      'test_shop.py':
        'import unittest\nimport shop\n\n\nclass Rate(unittest.TestCase):\n    def test_rate(self):\n        self.assertEqual(shop.rate("[tax]\\nrate = 7"), "7")\n',
    },
  },
  go: {
    tool: ['/usr/local/go/bin/go', 'version'],
    files: {
      'go.mod': 'module example.com/shop\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n',
      'shop.go': 'package shop\n\nimport "rsc.io/quote"\n\nfunc Greeting() string { return quote.Glass() }\n',
      'first_test.go': goTest('First'),
    },
    client: ['go', 'mod', 'tidy'],
    locks: ['go.mod', 'go.sum'],
    edit: {
      'second_test.go': goTest('Second'),
    },
  },
  java: {
    tool: ['/usr/bin/mvn', '--version'],
    files: {
      '.gitignore': 'target/\n',
      'pom.xml': `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  <artifactId>shop</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>junit</groupId>
      <artifactId>junit</artifactId>
      <version>4.13.2</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
</project>
`,
      'src/main/java/Shop.java': 'public class Shop {\n  static int total(int a, int b) {\n    return a + b;\n  }\n}\n',
      'src/test/java/FirstTest.java': javaTest('FirstTest', 'Shop.total(1, 2), 3'),
    },
    client: [
      'mvn',
      '--quiet',
      '--batch-mode',
      '-Dmaven.repo.local=.m2',
      'validate',
      'dependency:get',
      '-Dartifact=junit:junit:4.13.2',
    ],
    locks: [],
    edit: {
      'src/main/java/Shop.java':
        'public class Shop {\n  static int total(int... prices) {\n    return java.util.Arrays.stream(prices).sum();\n  }\n}\n',
      'src/test/java/ManyTest.java': javaTest('ManyTest', 'Shop.total(1, 2, 3), 6'),
    },
  },
  rust: {
    tool: ['/usr/bin/cargo', '--version'],
    files: {
      '.gitignore': 'target/\n',
      'Cargo.toml': '[package]\nname = "shop"\nversion = "0.1.0"\nedition = "2021"\n\n[dependencies]\nitoa = "1"\n',
      'src/lib.rs': 'pub fn shown(count: u64) -> String {\n    itoa::Buffer::new().format(count).to_owned()\n}\n',
    },
    client: ['cargo', 'generate-lockfile'],
    locks: ['Cargo.lock'],
    edit: { 'tests/shown.rs': '#[test]\nfn shown() {\n    assert_eq!(shop::shown(7), "7");\n}\n' },
  },
};

function goTest(name: string): string {
  return `package shop\n\nimport "testing"\n\nfunc Test${name}(t *testing.T) {\n\tif Greeting() == "" {\n\t\tt.Fatal("silent")\n\t}\n}\n`;
}

function javaTest(name: string, equal: string): string {
  return `import org.junit.Assert;\nimport org.junit.Test;\n\npublic class ${name} {\n  @Test\n  public void adds() {\n    Assert.assertEquals(${equal});\n  }\n}\n`;
}

export interface PreparedExample {
  readonly files: Files;
  readonly edit: Files;
}

/** The repository with its lock file; in words why there can be none on this host. */
export async function prepareExample(name: string): Promise<PreparedExample | string> {
  const example = REPOSITORIES[name];
  if (example === undefined) return 'there is no repository for it';
  const [tool, ...asked] = example.tool;
  if (!(await works(tool, asked))) return `no sandbox of this host has ${tool}`;
  const directory = await mkdtemp(join(tmpdir(), 'heddle-example-'));
  try {
    for (const [path, content] of Object.entries(example.files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    const [program, ...args] = example.client;
    await run(program, args, { cwd: directory, timeout: LIMIT_MS });
    const locks = example.locks.map(async (path) => [path, await readFile(join(directory, path), 'utf8')] as const);
    return { files: { ...example.files, ...Object.fromEntries(await Promise.all(locks)) }, edit: example.edit };
  } catch (error) {
    return `its registry or its client does not answer here: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function works(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await run(program, [...args]);
    return true;
  } catch {
    return false;
  }
}
