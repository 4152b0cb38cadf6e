import type { UpdateReviewPolicyInput } from '@heddle/sdk';
import type { Command } from 'commander';
import { usageError } from '../../cli.error.js';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { policyLines } from '../../views/decision-view.js';

interface Options extends JsonOption {
  readonly approvals?: number;
  readonly selfApproval?: boolean;
  readonly codeOwners?: boolean;
  readonly requireCriteria?: boolean;
  readonly backlogLimit?: number;
  readonly overlapTests?: number;
  readonly regenerate?: UpdateReviewPolicyInput['regeneration'];
  readonly owner?: UpdateReviewPolicyInput['ownerPrincipals'];
  readonly reviewer?: UpdateReviewPolicyInput['reviewers'];
}

export function repoPolicy(runtime: Runtime): Command {
  return leaf('policy', 'what a repository asks of the reviews of its changes; with options, set it')
    .argument('[repository]', 'name or id; not needed where there is only one')
    .option('--approvals <count>', 'people who must approve, 0 to 10', parseCount)
    .option('--self-approval', 'the approval of who launched the batch counts')
    .option('--no-self-approval', 'it does not')
    .option('--code-owners', 'owners of the code owners file must approve')
    .option('--no-code-owners', 'they need not')
    .option('--require-criteria', 'a change lands only with all acceptance criteria met')
    .option('--no-require-criteria', 'they are shown only')
    .option('--backlog-limit <minutes>', 'hold further attempts of tasks above it; 0: never', parseCount)
    .option('--overlap-tests <pairs>', 'pairs of a batch whose checks run on both together; 0: none', parseCount)
    .option('--regenerate <path=command>', 'how files of this glob are made anew; all of them at once', collectRule)
    .option('--owner <owner=principal,…>', 'who approves for an owner; all of them at once', collectOwner)
    .option('--reviewer <principal=minutes>', 'minutes a day; all of them at once', collectReviewer)
    .action(
      action<[string | undefined], Options>(runtime, async ({ client, out, signal }, options, text) => {
        const heddle = await client();
        const id = await resolveRepository(heddle, text);
        const input = changesOf(options);
        const policy =
          Object.keys(input).length === 0
            ? await heddle.repositories.reviewPolicy(id, { signal })
            : await heddle.repositories.updateReviewPolicy(id, input, { signal });
        if (out.json) out.document(policy);
        else out.lines(policyLines(policy));
        return EXIT.ok;
      }),
    );
}

/** Only what was said: the others stay. */
function changesOf(options: Options): UpdateReviewPolicyInput {
  const all = {
    requiredApprovals: options.approvals,
    selfApproval: options.selfApproval,
    codeOwners: options.codeOwners,
    requireCriteria: options.requireCriteria,
    backlogLimitMinutes: options.backlogLimit,
    overlapTests: options.overlapTests,
    regeneration: options.regenerate,
    ownerPrincipals: options.owner,
    reviewers: options.reviewer,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function parseCount(value: string): number {
  if (!/^\d{1,7}$/.test(value)) throw usageError(`Not a whole number: ${JSON.stringify(value)}`);
  return Number(value);
}

function collectOwner(value: string, earlier: NonNullable<Options['owner']> = []): NonNullable<Options['owner']> {
  const [owner = '', principals = ''] = value.split('=');
  if (owner === '' || principals === '')
    throw usageError('--owner wants OWNER=PRINCIPAL, for example @shop/web=ben,cid');
  return [...earlier, { owner, principals: principals.split(',') }];
}

/** The command is a line for the shell in the sandbox. */
function collectRule(
  value: string,
  earlier: NonNullable<Options['regenerate']> = [],
): NonNullable<Options['regenerate']> {
  const split = value.indexOf('=');
  const [glob, command] = [value.slice(0, split).trim(), value.slice(split + 1).trim()];
  if (split < 1 || glob === '' || command === '')
    throw usageError(
      '--regenerate wants PATH=COMMAND, for example "package-lock.json=npm install --package-lock-only"',
    );
  return [...earlier, { paths: [glob], command: ['sh', '-c', command] }];
}

function collectReviewer(
  value: string,
  earlier: NonNullable<Options['reviewer']> = [],
): NonNullable<Options['reviewer']> {
  const [principal = '', minutes = ''] = value.split('=');
  if (principal === '' || !/^\d{1,4}$/.test(minutes))
    throw usageError('--reviewer wants PRINCIPAL=MINUTES, for example ben=60');
  return [...earlier, { principal, minutesPerDay: Number(minutes) }];
}
