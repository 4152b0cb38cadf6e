import type { ResourceRules } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { table } from '../../output/table.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';

type Rule = ResourceRules['rules'][number];

interface Options extends JsonOption {
  readonly rule?: readonly Rule[];
  readonly clear?: boolean;
}

const KINDS = ['LOCK_FILE', 'MIGRATION', 'GENERATED', 'SCHEMA', 'NONE'] as const;

export function repoResources(runtime: Runtime): Command {
  return leaf(
    'resources',
    'which files are one for a whole repository, beside those known by their names; with options, set it',
  )
    .argument('[repository]', 'name or id; not needed where there is only one')
    .option(
      '--rule <glob=kind>',
      `one of ${KINDS.join(', ')}; all rules at once, the first that fits counts`,
      collectRule,
    )
    .option('--clear', 'only what is known by its name')
    .action(
      action<[string | undefined], Options>(runtime, async ({ client, out, signal }, { rule, clear }, text) => {
        if (rule !== undefined && clear === true) throw usageError('--rule and --clear exclude each other');
        const heddle = await client();
        const id = await resolveRepository(heddle, text);
        const wanted = clear === true ? [] : rule;
        const rules =
          wanted === undefined
            ? await heddle.repositories.resourceRules(id, { signal })
            : await heddle.repositories.setResourceRules(id, { rules: [...wanted] }, { signal });
        if (out.json) out.document(rules);
        else out.lines(ruleLines(rules, out.columns));
        return EXIT.ok;
      }),
    );
}

function ruleLines({ rules }: ResourceRules, columns: number | undefined): string[] {
  if (rules.length === 0) return ['No rules of its own: files are known by their names.'];
  return table(
    [{ title: 'KIND' }, { title: 'GLOB', shrinks: true }],
    rules.map(({ glob, kind }) => [{ text: kind }, { text: oneLine(glob) }]),
    { columns },
  );
}

function collectRule(value: string, earlier: readonly Rule[] = []): readonly Rule[] {
  const at = value.lastIndexOf('=');
  const kind = KINDS.find((word) => word === value.slice(at + 1));
  if (at < 1 || kind === undefined)
    throw usageError(`--rule wants GLOB=KIND with one of ${KINDS.join(', ')}, for example db/changes/*.sql=MIGRATION`);
  return [...earlier, { glob: value.slice(0, at), kind }];
}
