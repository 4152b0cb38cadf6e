import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseBatchFile } from '../../input/batch-file.js';
import { readInput } from '../../input/read-input.js';
import { shortId } from '../../output/short-id.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { forecastView } from '../../views/forecast-view.js';

interface Options extends JsonOption {
  readonly file: string;
  readonly repo?: string;
  readonly ref?: string;
}

export function batchPlan(runtime: Runtime): Command {
  return leaf('plan', 'say which tasks of a file will get into each other’s way, and launch nothing')
    .requiredOption('-f, --file <file>', 'the same file as of batch create; - for standard input')
    .option('-r, --repo <name-or-id>', 'repository, where the file names none')
    .option('--ref <ref>', 'branch, tag or commit to look at, in place of what the file says')
    .action(
      action<[], Options>(runtime, async (session, options) => {
        const { client, out, signal, now } = session;
        const file = parseBatchFile(await readInput(session, options.file), options.file);
        const heddle = await client();
        const named = file.repositoryId ?? '';
        const repositoryId =
          options.repo === undefined && named !== '' ? named : await resolveRepository(heddle, options.repo);
        const forecast = await heddle.batches.suggestSplit(
          { repositoryId, ref: options.ref ?? file.ref, tasks: file.tasks },
          { signal, timeoutMs: 120_000 },
        );
        if (out.json) out.document(forecast);
        else out.lines(forecastView(forecast, { style: out.style, columns: out.columns, now: now() }));
        const repository = options.repo === undefined ? '' : ` --repo ${options.repo}`;
        out.note(
          `Launch it as it is: heddle batch create -f ${options.file}${repository} --forecast ${shortId(forecast.id)}`,
        );
        return EXIT.ok;
      }),
    );
}
