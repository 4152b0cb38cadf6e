import { EXIT, type ExitCode } from '../../exit-codes.js';
import { paged } from '../../output/pager.js';
import { resolveChange } from '../../resolve/resolve-change.js';
import type { Session } from '../../session.js';
import { sideBySide } from '../../views/side-by-side-view.js';

export interface CompareOptions {
  readonly file?: string;
  readonly ignoreWhitespace?: boolean;
}

/** Shows two changes of one base side by side. */
export async function compareChanges(
  { client, out, signal, now, openPager }: Session,
  names: readonly [string, string],
  { file, ignoreWhitespace }: CompareOptions,
): Promise<ExitCode> {
  const heddle = await client();
  const changeIds = [await resolveChange(heddle, names[0]), await resolveChange(heddle, names[1])];
  const comparison = await heddle.changes.compare({ changeIds, path: file, ignoreWhitespace }, { signal });
  if (out.json) out.document(comparison);
  else
    await paged(out, openPager, (page) => {
      page.lines(sideBySide(comparison, { style: page.style, columns: page.columns, now: now() }));
      return Promise.resolve();
    });
  return EXIT.ok;
}
