import { request as requestByHttp, type IncomingMessage } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { z } from 'zod';
import { ForgeAwayError, ForgeRefusal } from './forge.js';

interface ForgeCall {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** Segments, as they are. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

interface ForgeConnectionOptions {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  /** The address of its host that the policy of remotes has allowed: the only one that is connected to. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_WORDS = 500;

/** Speaks JSON with the API of a forge. Redirects are not followed: the token is for one host. */
export class ForgeConnection {
  constructor(private readonly options: ForgeConnectionOptions) {}

  /** @throws ForgeRefusal, ForgeAwayError; also where the answer is not of the shape */
  async call<T>(call: ForgeCall, shape: z.ZodType<T>): Promise<T> {
    const { status, headers, text } = await this.send(call);
    if (status === 429 || status >= 500 || isLimited(status, headers))
      throw new ForgeAwayError(`the forge answered ${String(status)}: ${words(text)}`);
    if (status < 200 || status >= 300) throw new ForgeRefusal(status, `${String(status)}: ${words(text)}`);
    const found = shape.safeParse(parsed(text));
    if (!found.success) throw new ForgeAwayError('the forge answered with something else than its API does');
    return found.data;
  }

  private send({
    method,
    path,
    query = {},
    body,
  }: ForgeCall): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
    const url = new URL(`${this.options.apiUrl}/${path.map(encodeURIComponent).join('/')}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      'User-Agent': 'heddle',
      Accept: 'application/json',
      ...(content === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(content)) }),
      ...this.options.headers,
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = url.protocol === 'https:' ? requestByHttps : requestByHttp;
    return new Promise((resolve, reject) => {
      const away = (error: Error): void => {
        reject(new ForgeAwayError(`the forge cannot be reached: ${error.message}`, { cause: error }));
      };
      const outgoing = request(url, { method, headers, signal, agent: false, lookup: this.lookup }, (incoming) => {
        readText(incoming).then((text) => {
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
        }, away);
      });
      outgoing.on('error', away).end(content);
    });
  }

  private readonly lookup: LookupFunction = (_host, { all }, callback) => {
    const { address } = this.options;
    const family = isIP(address);
    if (all === true) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`it answered with more than ${String(MOST_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** GitHub refuses with 403 what comes too often. */
function isLimited(status: number, headers: IncomingMessage['headers']): boolean {
  return status === 403 && (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refusal = z.object({ message: z.unknown(), error: z.unknown(), errors: z.unknown() }).partial();

/** The words of a refusal: one text, or an object of texts by field. */
function words(text: string): string {
  const found = refusal.safeParse(parsed(text));
  const said = found.success ? [found.data.message ?? found.data.error, found.data.errors] : [text];
  return said
    .filter((part) => part !== undefined && part !== null)
    .map((part) => (typeof part === 'string' ? part : JSON.stringify(part)))
    .join(' ')
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, MOST_WORDS);
}
