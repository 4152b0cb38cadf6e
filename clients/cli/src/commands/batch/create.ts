import { Option, type Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { parseBatchFile } from '../../input/batch-file.js';
import { parseDuration } from '../../input/duration-option.js';
import { readInput } from '../../input/read-input.js';
import { shortId } from '../../output/short-id.js';
import { resolveEnvironmentId } from '../../resolve/resolve-environment.js';
import { resolveForecast } from '../../resolve/resolve-forecast.js';
import { resolveRepository } from '../../resolve/resolve-repository.js';
import { batchHeadline, batchTable } from '../../views/batch-view.js';
import { watchBatch } from './watch.js';

interface Options extends JsonOption {
  readonly file: string;
  readonly repo?: string;
  readonly repository?: string;
  readonly ref?: string;
  readonly environment?: string;
  readonly forecast?: string;
  readonly watch?: boolean;
  readonly timeout?: number;
}

export function batchCreate(runtime: Runtime): Command {
  return leaf('create', 'launch the tasks of a file together')
    .requiredOption('-f, --file <file>', 'YAML or JSON: the body of POST /v1/batches; - for standard input')
    .option('-r, --repo <name-or-id>', 'repository, where the file names none')
    .addOption(new Option('--repository <name-or-id>', 'the same').hideHelp())
    .option('--ref <ref>', 'branch, tag or commit to start from, in place of what the file says')
    .option('--environment <name-or-id>', 'environment, in place of what the file says')
    .option('--forecast <id>', 'of heddle batch plan with these tasks: it is held against what comes')
    .option('-w, --watch', 'stay and show the progress to the end')
    .option('--timeout <duration>', 'watch no longer than this', parseDuration)
    .action(
      action<[], Options>(runtime, async (session, options) => {
        const file = parseBatchFile(await readInput(session, options.file), options.file);
        const { client, out, signal, now } = session;
        const heddle = await client();
        const named = file.repositoryId ?? '';
        const repo = options.repo ?? options.repository;
        const repositoryId = repo === undefined && named !== '' ? named : await resolveRepository(heddle, repo);
        const environmentId = await resolveEnvironmentId(heddle, options.environment ?? file.environmentId);
        const forecastId =
          options.forecast === undefined ? file.forecastId : await resolveForecast(heddle, options.forecast);
        const batch = await heddle.batches.create(
          {
            ...file,
            repositoryId,
            environmentId,
            forecastId,
            ...(options.ref === undefined ? {} : { ref: options.ref }),
          },
          { signal, timeoutMs: 120_000 },
        );
        if (options.watch === true) return watchBatch(session, heddle, batch.id, options.timeout);
        const view = { style: out.style, columns: out.columns, now: now() };
        if (out.json) out.document(batch);
        else out.lines([batchHeadline(batch, view), ...batchTable(batch, [], view)]);
        out.note(`Watch it: heddle watch ${shortId(batch.id)}`);
        return EXIT.ok;
      }),
    );
}
