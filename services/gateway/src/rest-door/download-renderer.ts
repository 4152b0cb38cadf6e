import { DownloadChunk } from '@heddle/contracts';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import { writeAtReadersPace } from '../dispatch/slow-reader.js';
import type { StreamRenderer } from './stream-renderer.js';

/** A streamed file over REST: its bytes, nothing around them. */
export function downloadRenderer(dispatcher: Dispatcher, contentType: string): StreamRenderer {
  return async ({ response, call }) => {
    const chunks = await dispatcher.stream(call);
    response.writeHead(200, { 'content-type': contentType });
    for await (const chunk of chunks) await writeAtReadersPace(response, DownloadChunk.decode(chunk).data, call.signal);
    call.signal.throwIfAborted();
    response.end();
  };
}
