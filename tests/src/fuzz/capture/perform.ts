import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Random } from '../random.js';
import { ATTRIBUTE_LINES, CONTENTS, IGNORE_LINES, UNSTORABLE_NAMES } from './samples.js';
import type { Step, StepKind } from './steps.js';
import { treeOf } from './tree-of.js';
import { show, WorkTree, type Stage } from './work-tree.js';

/** Does a step as the calling user and says, for people, what it was. What fails is part of the story. */
export function perform(stage: Stage, step: Step): string {
  const act = new Act(stage, new Random(step.seed));
  try {
    act.run(step.kind);
    return act.said;
  } catch (error) {
    return `${act.said} -> ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  }
}

class Act extends WorkTree {
  run(kind: StepKind): void {
    this.said = kind;
    this.kinds[kind]();
  }

  private readonly kinds: Readonly<Record<StepKind, () => void>> = {
    write: () => {
      this.write(this.random.chance(0.4) ? this.file() : this.fresh(), this.random.pick(CONTENTS));
    },
    renameDirectory: () => {
      this.rename(this.directory(), this.fresh());
    },
    renameAny: () => {
      this.rename(this.any(), this.random.chance(0.6) ? this.fresh() : this.any());
    },
    remove: () => {
      this.remove(this.any());
    },
    removeAndMakeAgain: () => {
      const path = this.directory();
      this.remove(path);
      this.make(path);
      if (this.random.chance(0.7)) this.write(`${path}/${this.name()}`, this.random.pick(CONTENTS));
    },
    chmod: () => {
      const path = this.any();
      const mode = this.random.pick([0o755, 0o644, 0o700, 0o600, 0o4755, 0o611, 0o400]);
      this.say(`chmod ${mode.toString(8)} ${show(path)}`);
      const isDirectory = lstatSync(this.host(path)).isDirectory();
      chmodSync(this.host(path), isDirectory ? mode | 0o700 : mode);
    },
    symlink: () => {
      const path = this.random.chance(0.5) ? this.fresh() : this.file();
      const target = this.random.pick(['a', 'src', '../a', '/etc/passwd', 'nowhere', '.', '..', 'caf\u00e9', 'a\nb']);
      // A set-up that writes through its link would change what the base tracks: no such layer is ever published.
      this.link(path, this.stage.setUp ? 'nowhere' : target);
    },
    directoryToSymlink: () => {
      const path = this.directory();
      if (this.random.chance(0.5)) this.rename(path, this.fresh());
      this.link(path, this.random.pick(['src', 'a', '/', '../..']));
    },
    fileToDirectory: () => {
      const path = this.file();
      this.remove(path);
      this.make(path);
      this.write(`${path}/${this.name()}`, this.random.pick(CONTENTS));
    },
    directoryToFile: () => {
      const path = this.directory();
      this.remove(path);
      this.write(path, this.random.pick(CONTENTS));
    },
    quietEdit: () => {
      const path = this.pick(({ stats }) => stats.isFile() && stats.size < 1 << 22, 'a');
      this.say(`same-size edit of ${show(path)}, mtime put back`);
      const { atime, mtime } = lstatSync(this.host(path));
      const bytes = readFileSync(this.host(path));
      const at = this.random.below(Math.max(1, bytes.length));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(this.host(path), bytes);
      utimesSync(this.host(path), atime, mtime);
    },
    touch: () => {
      const path = this.any();
      this.say(`touch ${show(path)}`);
      utimesSync(this.host(path), 1, 1);
    },
    makeDirectory: () => {
      this.make(this.fresh());
    },
    hardLink: () => {
      const [from, to] = [this.file(), this.fresh()];
      this.say(`link ${show(from)} ${show(to)}`);
      linkSync(this.host(from), this.host(to));
    },
    fifo: () => {
      const path = this.random.chance(0.6) ? this.fresh() : this.file();
      this.remove(path);
      this.fifo(path);
    },
    socket: () => {
      const path = this.random.chance(0.6) ? `s${String(this.random.below(9))}` : this.file();
      this.remove(path);
      this.say(`socket ${show(path)}`);
      const script = 'import os,socket,sys; socket.socket(socket.AF_UNIX).bind(os.fsencode(sys.argv[1]))';
      this.tool('python3', ['-c', script, Buffer.from(path, 'latin1').toString()]);
    },
    nestedRepository: () => {
      const path = this.directory();
      this.say(`git init ${show(path)}, and a commit`);
      const at = `${this.stage.top}/${Buffer.from(path, 'latin1').toString()}`;
      this.tool('git', ['init', '-q', at]);
      if (this.random.chance(0.7)) {
        // Nothing is added: git would wait for a FIFO of that name.
        const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
        this.tool('git', ['-C', at, ...who, 'commit', '-q', '--allow-empty', '-m', 'x']);
      }
    },
    nestedOddity: () => {
      const path = `${this.directory()}/.git`;
      switch (this.random.below(3)) {
        case 0: {
          this.write(path, 'gitdir: /nowhere\n');
          return;
        }
        case 1: {
          this.link(path, '/etc');
          return;
        }
        default: {
          this.fifo(path);
          return;
        }
      }
    },
    ignoreFile: () => {
      this.rules('.gitignore', IGNORE_LINES);
    },
    attributeFile: () => {
      this.rules('.gitattributes', ATTRIBUTE_LINES);
    },
    hostileRuleFile: () => {
      this.hostile(this.inside(this.random.pick(['.gitignore', '.gitattributes'])));
    },
    modulesFile: () => {
      const path = this.random.chance(0.7) ? '.gitmodules' : this.inside('.gitmodules');
      switch (this.random.below(4)) {
        case 0: {
          this.link(path, 'a');
          return;
        }
        case 1: {
          this.write(path, '[submodule "../x"]\n\tpath = x\n\turl = ../y\n');
          return;
        }
        case 2: {
          this.remove(path);
          this.make(path);
          this.write(`${path}/x`, 'x\n');
          return;
        }
        default: {
          this.write(path, '[submodule "x"]\n\tpath = x\n\turl = ../y\n');
          return;
        }
      }
    },
    unstorable: () => {
      const path = this.inside(this.random.pick(UNSTORABLE_NAMES));
      if (this.random.chance(0.5)) {
        this.write(path, 'x\n');
        return;
      }
      this.make(path);
      this.write(`${path}/x`, 'x\n');
    },
    sparse: () => {
      const path = this.random.chance(0.5) ? this.fresh() : this.file();
      const size = this.random.pick([1 << 20, 3 << 20, 40 * 1024 ** 3]);
      this.write(path, '');
      this.say(`truncate to ${String(size)}`);
      truncateSync(this.host(path), size);
    },
    copyTree: () => {
      const [from, to] = [this.directory(), this.fresh()];
      this.say(`copy ${show(from)} ${show(to)}`);
      this.copy(from, to);
    },
    swapDirectories: () => {
      const [one, other] = [this.directory(), this.directory()];
      const between = this.fresh();
      this.rename(one, between);
      this.rename(other, one);
      this.rename(between, other);
    },
    ownRepository: () => {
      if (this.random.chance(0.5)) this.remove('.git');
      else this.rename('.git', this.fresh());
    },
    intoSubmodule: () => {
      const path = this.random.pick(this.stage.submodules);
      switch (this.random.below(4)) {
        case 0: {
          this.write(`${path}/inside`, 'x\n');
          return;
        }
        case 1: {
          this.remove(path);
          return;
        }
        case 2:
          this.remove(path);
          {
            this.write(path, 'a file now\n');
            return;
          }
        default:
          this.remove(path);
          this.make(path);
          {
            this.write(`${path}/again`, 'x\n');
            return;
          }
      }
    },
    furnish: () => {
      for (const path of ['node_modules/a/bin', 'node_modules/b/c', 'gen/a/b', 'gen/c', 'cache/a']) {
        this.make(path);
        this.write(`${path}/a`, 'made by the set-up\n');
        this.write(`${path}/b.txt`, 'made\r\n');
      }
      this.write('tool.bin', 'tool\n');
    },
    putBack: () => {
      const from = this.directory();
      const between = this.fresh();
      this.rename(from, between);
      if (this.random.chance(0.5)) this.write(`${between}/${this.name()}`, 'while away\n');
      this.rename(between, from);
    },
  };

  private rules(name: string, lines: readonly string[]): void {
    const path = this.inside(name);
    const chosen = Array.from({ length: 1 + this.random.below(4) }, () => this.random.pick(lines));
    const mark = this.random.chance(0.05) ? '\u00ef\u00bb\u00bf' : '';
    this.write(path, `${mark}${chosen.join('\n')}${this.random.chance(0.8) ? '\n' : ''}`);
  }

  private hostile(path: string): void {
    this.remove(path);
    switch (this.random.below(6)) {
      case 0: {
        this.fifo(path);
        return;
      }
      case 1:
        this.make(path);
        {
          this.write(`${path}/x`, 'x\n');
          return;
        }
      case 2: {
        this.link(path, this.random.pick(['a', 'rules.txt', '* eol=crlf', '/dev/zero']));
        return;
      }
      case 3:
        this.write(path, '*\n');
        this.say('truncate to 40 GiB');
        {
          truncateSync(this.host(path), 40 * 1024 ** 3);
          return;
        }
      case 4: {
        this.write(path, `*.log\n${'#'.repeat(2 << 20)}\n* text eol=crlf\n`);
        return;
      }
      default: {
        this.write(path, `* text eol=crlf\n${'x'.repeat(3_000)} text\n`);
        return;
      }
    }
  }

  private copy(from: string, to: string): void {
    const stats = lstatSync(this.host(from));
    if (stats.isDirectory()) {
      mkdirSync(this.host(to), { recursive: true });
      const below = treeOf(this.stage.top).filter(
        (entry) =>
          entry.path.startsWith(`${from}/`) && !entry.path.startsWith(`${to}/`) && !/(^|\/)\.git$/.test(entry.path),
      );
      for (const entry of below.slice(0, 60)) {
        const target = `${to}${entry.path.slice(from.length)}`;
        if (entry.stats.isDirectory()) mkdirSync(this.host(target), { recursive: true });
        else if (entry.stats.isSymbolicLink())
          symlinkSync(readlinkSync(this.host(entry.path), { encoding: 'buffer' }), this.host(target));
        else if (entry.stats.isFile() && entry.stats.size < 1 << 22)
          copyFileSync(this.host(entry.path), this.host(target));
      }
    }
  }
}
