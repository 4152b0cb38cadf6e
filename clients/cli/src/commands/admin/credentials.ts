import { take } from '@heddle/sdk';
import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { oneLine } from '../../output/neutralise.js';
import { resolveCredential } from '../../resolve/resolve-credential.js';
import { credentialDetails, credentialTable } from '../../views/credential-view.js';

export function credentialList(runtime: Runtime): Command {
  return leaf('ls', 'list what agents reach their models by; values are never shown').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal, now }) => {
      const credentials = await take((await client()).credentials.listAll({}, { signal, pageSize: 200 }));
      if (out.json) out.document({ credentials });
      else out.lines(credentialTable(credentials, { style: out.style, columns: out.columns, now: now() }));
      return EXIT.ok;
    }),
  );
}

export function credentialShow(runtime: Runtime): Command {
  return leaf('show', 'show a credential, without its value')
    .argument('<credential>', 'name or id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, now }, _options, text) => {
        const credential = await resolveCredential(await client(), text);
        if (out.json) out.document(credential);
        else out.lines(credentialDetails(credential, { style: out.style, columns: out.columns, now: now() }));
        return EXIT.ok;
      }),
    );
}

export function credentialDelete(runtime: Runtime): Command {
  return leaf('delete', 'remove a credential that no attempt uses any more')
    .alias('remove')
    .argument('<credential>', 'name or id')
    .action(
      action<[string], JsonOption>(runtime, async ({ client, out, signal }, _options, text) => {
        const heddle = await client();
        const { id, name } = await resolveCredential(heddle, text);
        await heddle.credentials.delete(id, { signal });
        if (out.json) out.document({});
        else out.line(`There is no credential ${oneLine(name)} any more.`);
        return EXIT.ok;
      }),
    );
}
