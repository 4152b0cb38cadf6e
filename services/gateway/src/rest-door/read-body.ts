import type { IncomingMessage } from 'node:http';
import type { JsonValue } from '@heddle/contracts/json';
import { fieldInvalid, HeddleError } from '@heddle/domain';

/** No message of Heddle's is larger. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * The JSON body of a request; undefined if there is none.
 * @throws HeddleError MEDIA_TYPE_UNSUPPORTED, REQUEST_TOO_LARGE, FIELD_INVALID
 */
export async function readJsonBody(request: IncomingMessage): Promise<JsonValue | undefined> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared === 0 && request.headers['transfer-encoding'] === undefined) return undefined;
  if (declared > MAX_BODY_BYTES) throw tooLarge();
  checkMediaType(request);
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)) as JsonValue;
  } catch {
    throw fieldInvalid([{ field: '', description: 'the body is not valid JSON in UTF-8' }]);
  }
}

function checkMediaType(request: IncomingMessage): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '');
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (type === 'application/json' && (charset === undefined || charset === 'utf-8') && encoding === 'identity') return;
  throw new HeddleError('MEDIA_TYPE_UNSUPPORTED', 'The body must be sent as application/json in UTF-8, not compressed');
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  // A refused body must not take the connection with it before the answer is out.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(): HeddleError {
  return new HeddleError('REQUEST_TOO_LARGE', `The body is larger than ${MAX_BODY_BYTES} bytes`, {
    metadata: { limitBytes: String(MAX_BODY_BYTES) },
  });
}
