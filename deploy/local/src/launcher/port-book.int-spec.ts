import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { useTemporaryDirectories } from '../spec-support/temporary.js';
import { PortBook } from './port-book.js';

describe('the ports of a data directory', () => {
  const temporary = useTemporaryDirectories();

  it('stay the same from start to start', async () => {
    const directory = await temporary();
    const first = await new PortBook(directory).choose('postgres');
    expect(await new PortBook(directory).choose('postgres')).toBe(first);
    expect(await new PortBook(directory).choose('nats')).not.toBe(first);
  });

  it('are chosen anew when somebody else has taken one', async () => {
    const directory = await temporary();
    const first = await new PortBook(directory).choose('postgres');
    const other = await listen(first);
    try {
      const second = await new PortBook(directory).choose('postgres');
      expect(second).not.toBe(first);
      expect(await new PortBook(directory).choose('postgres')).toBe(second);
    } finally {
      other.close();
    }
  });

  it('says which setting is in the way of a port that somebody asked for', async () => {
    const other = await listen(0);
    const { port } = other.address() as AddressInfo;
    try {
      const chosen = new PortBook(await temporary()).chooseWanted('http', port, '127.0.0.1', 'HEDDLE_HTTP_PORT');
      await expect(chosen).rejects.toMatchObject({
        reason: 'PORT_TAKEN',
        message: expect.stringMatching(new RegExp(`${port}[^]*HEDDLE_HTTP_PORT`)),
      });
    } finally {
      other.close();
    }
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
