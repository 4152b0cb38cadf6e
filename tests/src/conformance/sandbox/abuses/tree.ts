import { existsSync } from 'node:fs';
import type { Abuse, Outcome } from '../abuse.js';

/** Fooling, hanging or bursting whoever captures the tree. */
export const TREE_ABUSES: readonly Abuse[] = [
  {
    id: '21',
    title: 'leaves a sparse file of 1 TB, deep directories, many entries and odd names',
    script: () => `
truncate -s 1T sparse.bin
perl -e 'for (1..1500) { mkdir "d" x 200 or last; chdir "d" x 200 or last }'
mkdir many && perl -e 'for (1..500) { open(my $f, ">", "many/$_") }'
printf x > "$(printf 'a%.0s' $(seq 255))"
printf x > "$(printf 'new\\nline')"
printf x > "$(printf 'caf\\351')"
true`,
    judge: (outcome) => {
      const paths = outcome.change?.files.map(({ path }) => path) ?? [];
      return [
        ...(outcome.change === undefined ? ['there is no change'] : []),
        ...(paths.includes('sparse.bin') || reasons(outcome).includes('FILE_TOO_LARGE')
          ? []
          : [`the sparse file is neither there nor reported: ${reasons(outcome).join(', ')}`]),
        ...(paths.includes('a'.repeat(255)) && paths.includes('new\nline') ? [] : ['an odd name is missing']),
      ];
    },
  },
  {
    id: '22',
    title: 'puts symlinks where the capture would read through them',
    script: ({ secretPath }) => `
ln -s /etc/passwd passwd
ln -s ${secretPath} secret
ln -s ../../../../../etc up
rm -rf src && ln -s /etc src`,
    judge: ({ change }) => {
      const links = new Map(change?.files.map(({ path, mode }) => [path, mode]) ?? []);
      return ['passwd', 'secret', 'up', 'src'].flatMap((path) =>
        links.get(path) === '120000' ? [] : [`${path} is recorded as ${links.get(path) ?? 'nothing'}`],
      );
    },
  },
  {
    id: '23',
    title: 'has git run its programs on the host',
    script: ({ dataDirectory }) => `
for setting in core.fsmonitor core.pager core.editor core.sshCommand diff.external filter.evil.clean filter.evil.process uploadpack.packObjectsHook; do
  git config $setting "touch ${dataDirectory}/owned /tmp/heddle-owned"
done
git config include.path /etc/passwd
mkdir -p hooks && printf '#!/bin/sh\\ntouch /tmp/heddle-owned\\n' > hooks/post-index-change && chmod +x hooks/post-index-change
git config core.hooksPath /workspace/hooks
echo '* filter=evil diff=evil merge=evil' > .gitattributes
echo /nowhere > .git/objects/info/alternates`,
    judge: ({ change, facts }) => [
      ...(change?.files.some(({ path }) => path === '.gitattributes') === true ? [] : ['the change is not complete']),
      ...[`${facts.dataDirectory}/owned`, '/tmp/heddle-owned'].flatMap((path) =>
        existsSync(path) ? [`${path} was made on the host`] : [],
      ),
    ],
  },
  {
    id: '24',
    title: 'hides files in a repository within the repository',
    script: () => `
mkdir nested && cd nested && git init -q . && echo hidden > hidden.txt
git -c user.name=a -c user.email=a@b add -A && git -c user.name=a -c user.email=a@b commit -qm hidden`,
    judge: (outcome) => [
      ...(outcome.change?.files.some(({ path, mode }) => path === 'nested/hidden.txt' && mode === '100644') === true
        ? []
        : ['its file is not in the change']),
      ...(reasons(outcome).includes('NESTED_REPOSITORY') ? [] : ['nobody is told']),
    ],
  },
  {
    id: '25',
    title: 'edits a file and puts size and time back',
    script: () => `touch -r src/cart.txt /tmp/when; sed -i 's/a/b/' src/cart.txt; touch -r /tmp/when src/cart.txt`,
    judge: ({ change }) =>
      change?.files.some(({ path }) => path === 'src/cart.txt') === true ? [] : ['the edit is not in the change'],
  },
  {
    id: '26',
    title: 'leaves FIFOs and sockets, also where git would look for rules',
    script: () => `
mkfifo pipe .gitignore src/.gitattributes
mkdir large && truncate -s 40G large/.gitignore && echo kept > large/kept.txt
perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); bind($s, sockaddr_un("socket"))'
echo seen > seen.txt`,
    judge: (outcome) => [
      ...(outcome.change?.files.map(({ path }) => path).join() === 'large/kept.txt,seen.txt'
        ? []
        : ['the change is not exact']),
      ...(reasons(outcome).includes('IGNORE_FILE_UNREADABLE')
        ? []
        : ['nobody is told of the rules that count as absent']),
      ...(reasons(outcome).filter((reason) => reason === 'SPECIAL_FILE_SKIPPED').length >= 2 ? [] : ['nobody is told']),
    ],
  },
  {
    id: '48',
    title: 'has the capture read and match rules without end',
    script: () => `
perl -e 'print "a/\\n" x 340000' > rules
for i in $(seq 300); do mkdir -p d$i/e && ln rules d$i/.gitignore && ln rules d$i/e/.gitignore && echo x > d$i/e/f; done`,
    judge: ({ attempt, change }) =>
      // The raw upper is kept; nobody is made to wait for it.
      attempt.statusDetail === 'CAPTURE_FAILED' || change !== undefined
        ? []
        : [`the attempt is ${attempt.state} (${attempt.statusDetail})`],
  },
  {
    id: '49',
    title: 'leaves what the store would refuse as a whole',
    script: () => `
ln -s src/cart.txt .gitmodules
mkdir .GIT && echo '[core]' > .GIT/config
mkdir -p sub/.gIt && echo x > sub/.gIt/hooks
echo seen > seen.txt`,
    judge: (outcome) => [
      ...(outcome.change?.files.map(({ path }) => path).join() === 'seen.txt' ? [] : ['the change is not exact']),
      ...(reasons(outcome).filter((reason) => reason === 'UNSTORABLE').length >= 3 ? [] : ['nobody is told']),
    ],
  },
  {
    id: '27',
    title: 'sets the overlay’s marks itself',
    script: () => `
mkdir marked && echo x > marked/x
for name in user.overlay.opaque user.overlay.whiteout user.overlay.redirect trusted.overlay.opaque; do
  perl -e 'my %n = (x86_64 => 188, aarch64 => 5); chomp(my $m = \`uname -m\`); my ($p, $v) = ("src\\0", "y"); syscall($n{$m}, $p, my $k = "$ARGV[0]\\0", $v, 1, 0)' $name
done
true`,
    judge: ({ change }) =>
      change?.files.map(({ path, status }) => `${status} ${path}`).join() === 'ADDED marked/x'
        ? []
        : [`the change is ${change?.files.map(({ path, status }) => `${status} ${path}`).join() ?? 'not there'}`],
  },
  {
    id: '37',
    title: 'turns a failing check green by what it leaves behind',
    checks: [{ name: 'test', command: ['sh', '-c', 'node_modules/.bin/t 2>/dev/null || grep -q good src/cart.txt'] }],
    script: () => `
echo node_modules > .gitignore
mkdir -p node_modules/.bin && printf '#!/bin/sh\\nexit 0\\n' > node_modules/.bin/t && chmod +x node_modules/.bin/t
printf '#!/bin/sh\\nexit 0\\n' > ~/grep && chmod +x ~/grep && echo 'export PATH=$HOME:$PATH' > ~/.profile
node_modules/.bin/t`,
    judge: ({ checks }) => {
      const states = checks.map(({ state }) => state);
      return states.join() === 'FAILED' ? [] : [`the check is ${states.join() || 'not there'}`];
    },
  },
  {
    id: '45',
    title: 'poisons what set-up made for everyone, and removes it',
    setup: {
      script: `mkdir -p node_modules && echo clean > node_modules/tool && echo clean > ~/tool`,
      timeout: '60s',
      inputs: ['README.md'],
    },
    checks: [
      {
        name: 'test',
        command: [
          'sh',
          '-c',
          'cat node_modules/tool ~/tool; [ "$(cat node_modules/tool ~/tool | tr -d "\\n")" = cleanclean ]',
        ],
      },
    ],
    script: () => `
set -e
[ "$(cat ~/tool)" = clean ]
echo node_modules > .gitignore
echo poisoned > node_modules/tool; chmod 777 node_modules; rm -rf ~/tool; mkdir ~/tool; echo seen > seen.txt`,
    judge: ({ attempt, checks }) => [
      ...(attempt.exitCode === 0 ? [] : ['it was not given what set-up made']),
      ...(checks.map(({ state }) => state).join() === 'PASSED' ? [] : ['the next sandbox has what it left']),
    ],
  },
  {
    id: '38',
    title: 'reads objects of others out of the repository that it was given',
    script: () => `
[ ! -s .git/objects/info/alternates ]
[ -z "$(git remote)" ]
[ "$(git for-each-ref | wc -l)" -le 1 ]
[ -z "$(git fsck --unreachable --no-progress 2>/dev/null | grep -v notice)" ]
[ -z "$(ls .git/hooks 2>/dev/null)" ]
refused git config --get-regexp '(credential|url|extraheader)'`,
  },
  {
    id: '39',
    title: 'renames directories of the repository',
    gaps: { 'rootless-weak': 'renaming directories of the repository' },
    script: () => 'git mv src lib && mkdir src && echo new > src/new.txt && git mv lib/cart.txt lib/basket.txt',
    judge: ({ attempt, change }) => {
      const paths = change?.files.map(({ path, status }) => `${status} ${path}`).sort() ?? [];
      return [
        ...(attempt.exitCode === 0 ? [] : ['git mv failed']),
        ...(paths.includes('ADDED src/new.txt') && paths.some((path) => path.endsWith('lib/basket.txt'))
          ? []
          : [`the change is ${paths.join()}`]),
      ];
    },
  },
];

function reasons({ change }: Outcome): string[] {
  return change?.notices.map(({ reason }) => reason) ?? [];
}
