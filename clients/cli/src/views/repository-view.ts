import type { Repository } from '@heddle/sdk';
import { shortId } from '../output/short-id.js';
import { table } from '../output/table.js';
import { statePaint } from './state-paint.js';
import type { ViewOptions } from './view-options.js';

export function repositoryTable(repositories: readonly Repository[], { style, columns }: ViewOptions): string[] {
  if (repositories.length === 0) return ['No repository is registered yet. Register one: heddle repo add PATH_OR_URL'];
  return table(
    [
      { title: 'ID' },
      { title: 'NAME' },
      { title: 'STATE' },
      { title: 'BRANCH' },
      { title: 'URL', shrinks: true },
      { title: '' },
    ],
    repositories.map((repository) => [
      { text: shortId(repository.id) },
      { text: repository.name, paint: style.bold },
      { text: repository.state, paint: statePaint(style, repository.state) },
      { text: repository.defaultBranch ?? '-' },
      { text: repository.url },
      { text: repository.statusDetail, paint: style.red },
    ]),
    { columns, paintHead: style.dim },
  );
}
