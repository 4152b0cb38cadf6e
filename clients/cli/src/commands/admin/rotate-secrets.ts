import type { Command } from 'commander';
import { action, leaf, type JsonOption, type Runtime } from '../../command.js';
import { EXIT } from '../../exit-codes.js';

export function rotateSecrets(runtime: Runtime): Command {
  return leaf('rotate', 'put the secrets of all environments, and all credentials, under a new key').action(
    action<[], JsonOption>(runtime, async ({ client, out, signal }) => {
      const rotated = await (await client()).environments.rotateSecretKeys({ signal, timeoutMs: 120_000 });
      const { keyId, rewrappedSecrets, removedKeys } = rotated;
      if (out.json) out.document(rotated);
      else
        out.line(
          `Every secret and credential is under key ${keyId}: ${String(rewrappedSecrets)} moved to it, ${String(removedKeys)} keys removed.`,
        );
      out.note('Back up the key file; backups of the database from before need the file of their time.');
      return EXIT.ok;
    }),
  );
}
