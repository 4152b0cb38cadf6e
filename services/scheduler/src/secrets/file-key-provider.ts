import { HeddleError } from '@heddle/domain';
import { joinSealed, open, seal, splitSealed } from './aead.js';
import { createKeyFile, newKey, readKeyFile, replaceKeyFile, type FileKey } from './key-file.js';
import { KeyRefusedError, type KeyProvider, type WrappedKey } from './key-provider.js';

/** Keys in a file, which is read each time: an operator, or another scheduler, may have changed it. */
export class FileKeyProvider implements KeyProvider {
  constructor(private readonly file: string) {}

  async currentKeyId(): Promise<string | undefined> {
    return (await readKeyFile(this.file))[0]?.id;
  }

  async wrap(dataKey: Buffer): Promise<WrappedKey> {
    const [current] = await readKeyFile(this.file);
    if (current === undefined)
      throw new HeddleError(
        'SECRETS_KEY_UNAVAILABLE',
        'The key file of the secrets is not there: see HEDDLE_SECRETS_KEY_FILE',
      );
    return { keyId: current.id, wrapped: joinSealed(seal(current.key, dataKey, contextOf(current.id))) };
  }

  async unwrap({ keyId, wrapped }: WrappedKey): Promise<Buffer> {
    const known = (await readKeyFile(this.file)).find(({ id }) => id === keyId);
    if (known === undefined) throw new KeyRefusedError(`There is no key ${keyId} in the key file`);
    try {
      return open(known.key, splitSealed(wrapped), contextOf(keyId));
    } catch {
      throw new KeyRefusedError(`The key ${keyId} does not open it`);
    }
  }

  async makeCurrent(): Promise<string> {
    const keys = await readKeyFile(this.file);
    if (keys.length === 0) {
      await createKeyFile(this.file);
      return this.requireCurrent();
    }
    const key = newKey();
    await replaceKeyFile(this.file, [key, ...keys]);
    return key.id;
  }

  async forgetAllBut(needed: ReadonlySet<string>): Promise<number> {
    const keys = await readKeyFile(this.file);
    const kept = keys.filter(({ id }: FileKey, index) => index === 0 || needed.has(id));
    if (kept.length < keys.length) await replaceKeyFile(this.file, kept);
    return keys.length - kept.length;
  }

  private async requireCurrent(): Promise<string> {
    const id = await this.currentKeyId();
    if (id === undefined) throw new Error('unreachable: the key file was just made');
    return id;
  }
}

function contextOf(keyId: string): string {
  return `heddle secret key ${keyId}`;
}
