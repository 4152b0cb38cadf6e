import type { IncomingMessage } from 'node:http';
import type { DescMessage } from '@bufbuild/protobuf';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer, type WebSocket } from 'ws';
import { OpenTerminalRequest, OpenTerminalRequest_Start, OpenTerminalResponse } from '@heddle/contracts';
import { binaryToJson, jsonToBinary, type JsonValue } from '@heddle/contracts/json';
import { fieldInvalid, HeddleError } from '@heddle/domain';
import type { DuplexCall } from '../dispatch/call.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';
import { jsonFaults } from './json-faults.js';
import type { Upgrade } from './upgrade.js';

const MAX_FRAME_BYTES = 1024 * 1024;
/** By these a client tells an end with a reason from a connection that broke. */
const [CLOSE_DONE, CLOSE_FAILED] = [1000, 4000];
const CLOSE_MS = 2_000;
const PING_MS = 30_000;

type Call = Omit<DuplexCall, 'requests'>;

/**
 * Terminals over REST: a WebSocket whose binary frames are input and output, and whose text frames are the other messages
 * of the rpc as JSON. Nothing is upgraded before the terminal is open, so that a refusal is an HTTP answer.
 */
export class TerminalSocket {
  private readonly server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });

  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly statusOf: (error: unknown) => unknown,
  ) {}

  /**
   * Resolves when the connection is the terminal's.
   * @param first the request's path and query as the first message
   * @throws as the dispatcher does, while nothing was upgraded yet
   */
  async open(upgrade: Upgrade, call: Call, first: Uint8Array): Promise<void> {
    const { request, socket, head } = upgrade;
    requireOwnOrigin(request);
    const gone = new AbortController();
    const end = (): void => {
      gone.abort(new HeddleError('CANCELLED', 'The client went away'));
    };
    socket.once('close', end);
    const signal = AbortSignal.any([call.signal, gone.signal]);
    const { start = OpenTerminalRequest_Start.create(), id } = OpenTerminalRequest.decode(first);
    const inbox = new Inbox(OpenTerminalRequest.encode({ id, start }).finish(), call.method.input);
    const answers = await this.dispatcher.duplex({ ...call, signal, requests: inbox.messages() });
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket, { readableObjectMode: true, decodeStrings: false });
      // What is wrong with it ends it, and that is all there is to do.
      stream.on('error', end);
      inbox.connect(stream);
      void this.answer(webSocket, stream, answers, signal);
    });
  }

  private async answer(
    webSocket: WebSocket,
    stream: Duplex,
    answers: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void> {
    const alive = keepAlive(webSocket);
    try {
      for await (const answer of answers) await writeAtReadersPace(stream, frameOf(answer), signal);
      signal.throwIfAborted();
      webSocket.close(CLOSE_DONE);
    } catch (error) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      webSocket.send(JSON.stringify(this.statusOf(error)));
      webSocket.close(CLOSE_FAILED);
    } finally {
      clearInterval(alive);
      setTimeout(() => webSocket.terminate(), CLOSE_MS).unref();
    }
  }
}

/** The first message is in the request, all others are frames. */
class Inbox {
  private connected: (stream: Duplex) => void = () => undefined;
  private readonly stream = new Promise<Duplex>((resolve) => (this.connected = resolve));

  constructor(
    private readonly first: Uint8Array,
    private readonly type: DescMessage,
  ) {}

  connect(stream: Duplex): void {
    this.connected(stream);
  }

  async *messages(): AsyncGenerator<Uint8Array> {
    yield this.first;
    for await (const frame of (await this.stream) as AsyncIterable<Buffer | string>) {
      const isBytes = typeof frame !== 'string';
      yield isBytes ? OpenTerminalRequest.encode({ id: '', input: frame }).finish() : this.requestOf(frame);
    }
  }

  /** @throws HeddleError FIELD_INVALID */
  private requestOf(text: string): Uint8Array {
    let json: JsonValue;
    try {
      json = JSON.parse(text) as JsonValue;
    } catch {
      throw fieldInvalid([{ field: '', description: 'a text frame must be JSON' }]);
    }
    const faults = jsonFaults(this.type, json);
    if (faults.length > 0) throw fieldInvalid(faults);
    return jsonToBinary(this.type.typeName, json);
  }
}

/** One that answers no more is gone, whatever its connection says. */
function keepAlive(webSocket: WebSocket): NodeJS.Timeout {
  let answered = true;
  webSocket.on('pong', () => (answered = true));
  return setInterval(() => {
    if (!answered) webSocket.terminate();
    answered = false;
    webSocket.ping();
  }, PING_MS);
}

const RESPONSE = 'heddle.v1.OpenTerminalResponse';

function frameOf(answer: Uint8Array): Buffer | string {
  const { output } = OpenTerminalResponse.decode(answer);
  return output ?? JSON.stringify(binaryToJson(RESPONSE, answer));
}

/** A page of another site has no token to send, and no business here either. @throws HeddleError ORIGIN_NOT_ALLOWED */
function requireOwnOrigin({ headers: { origin, host } }: IncomingMessage): void {
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return;
  throw new HeddleError('ORIGIN_NOT_ALLOWED', 'Pages of other sites may not open a terminal here', {
    metadata: { origin: origin.slice(0, 200) },
  });
}
