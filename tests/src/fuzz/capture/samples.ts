/** What random trees are made of. Names are bytes in latin1. */

/** Git refuses them, and the capture leaves them out with a notice. */
export const UNSTORABLE_NAMES: readonly string[] = ['.GIT', 'git~1', '.git ', '.g\u00e2\u0080\u008cit', '.git\\x'];

export const NAMES: readonly string[] = [
  ...['a', 'b', 'c', 'src', 'lib', 'deep', 'new.txt', 'x.log', 'k.log', 'w.crlf', 'id.c', 't.u16', 'e.l1', 'big.bin'],
  ...['.hidden', '-dash', ':colon', ':(glob)x', 'sp ace', 'tab\tname', 'new\nline', 'quo"te\'s', 'back\\slash'],
  ...['caf\u00e9', 'caf\u00c3\u00a9', 'n'.repeat(255), '*star', '[br]', 'trailing ', '#hash', '!bang', '$(x)', '~'],
  ...['gen', 'out', 'node_modules', 'target', 'keep'],
];

/** What a set-up makes, and a base never tracks. */
export const SET_UP_NAMES: readonly string[] = ['node_modules', 'gen', 'venv', 'cache', 'out', 'tool.bin', 'x.log'];

const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');

/** Contents, bytes in latin1. */
export const CONTENTS: readonly string[] = [
  '',
  'one\n',
  'two\nlines\n',
  'dos\r\nlines\r\n',
  'mixed\r\nlines\n',
  'lone\rcr\n',
  'no end',
  'nul\0byte\r\n',
  '$Id$\n',
  '$Id: 0123456789 $\nmore\r\n',
  'caf\u00e9 in latin1\n',
  utf16('wide\n'),
  `\u00ff\u00fe${utf16('wide with mark\r\n')}`,
  'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
  'x'.repeat(5_000),
];

export const IGNORE_LINES: readonly string[] = [
  ...['*.log', '!k.log', '/a', 'a/', 'b/**', '**/c', 'src/*', '!src/keep', 'node_modules', 'gen/', '/out', 'target/'],
  ...['*', '!*/', '!.gitignore', '# comment', '', '\\#hash', '\\!bang', '!', '/', 'trailing\\ ', 'x.log  ', '*.txt\r'],
  ...[
    '[a-c]',
    '[!a]',
    'deep/**/x.log',
    '**',
    'lib/**/',
    '/lib/deep',
    'n*n',
    'caf\u00e9',
    'cafe?',
    '.git*',
    '.gitattributes',
  ],
];

export const ATTRIBUTE_LINES: readonly string[] = [
  ...['* text=auto', '*.txt text', '* -text', '* text', '* eol=lf', '*.txt eol=crlf', '*.crlf text eol=crlf', '* crlf'],
  ...[
    '*.c ident',
    '* ident',
    'a/** eol=crlf',
    '/src text=auto eol=crlf',
    '*.txt !text',
    '"sp ace" text',
    'lib/* -text',
  ],
  ...['*.u16 working-tree-encoding=UTF-16LE-BOM', '*.u16 text working-tree-encoding=UTF-16', '* !eol', '*.log text'],
  ...['*.l1 working-tree-encoding=ISO-8859-1', '*.txt working-tree-encoding=nonsense', '* filter=lfs', '*.bin binary'],
  ...[
    '[attr]dos text eol=crlf',
    '*.txt dos',
    '* filter=evil diff=evil merge=evil',
    '# comment',
    '!neg text',
    '* text\r',
  ],
];
