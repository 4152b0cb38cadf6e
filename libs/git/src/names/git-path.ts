import { isUtf8 } from 'node:buffer';

/** A path inside a repository is bytes without NUL; this is how the API shows one. */
export interface ShownPath {
  /** Readable; bytes that are not UTF-8 are shown as U+FFFD. */
  readonly path: string;
  /** The exact bytes, only when `path` is not them. */
  readonly pathBytes?: Buffer;
}

export function showPath(bytes: Buffer): ShownPath {
  return isUtf8(bytes)
    ? { path: bytes.toString('utf8') }
    : { path: bytes.toString('utf8'), pathBytes: Buffer.from(bytes) };
}

/** The bytes of a path that came from a client: `pathBytes` wins over `path`. */
export function pathFrom(shown: { readonly path?: string; readonly pathBytes?: Uint8Array }): Buffer {
  return shown.pathBytes !== undefined && shown.pathBytes.length > 0
    ? Buffer.from(shown.pathBytes)
    : Buffer.from(shown.path ?? '', 'utf8');
}
