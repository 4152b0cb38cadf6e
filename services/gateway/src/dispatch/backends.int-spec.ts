import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js';
import { afterAll, expect, it } from '@jest/globals';
import { GetTaskRequest, Ranking, Task, TaskServiceService } from '@heddle/contracts';
import { MethodCatalog } from '../catalog/method-catalog.js';
import { Backends } from './backends.js';
import { serviceAddresses } from './service-addresses.js';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.forceShutdown();
});

/** A service that has all of TaskService, and says who it is. */
async function taskService(name: string): Promise<string> {
  const server = new Server();
  servers.push(server);
  server.addService(TaskServiceService, {
    getTask: (_call: unknown, answer: sendUnaryData<Task>) => {
      answer(null, Task.fromPartial({ id: name, createTime: new Date(0) }));
    },
    getRanking: (_call: unknown, answer: sendUnaryData<Ranking>) => {
      answer(null, Ranking.fromPartial({ taskId: name, computeTime: new Date(0) }));
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(`127.0.0.1:${String(port)}`);
      else reject(error);
    });
  });
}

it('a method goes to the service that has it, the others of its resource to theirs', async () => {
  const addresses = serviceAddresses(await taskService('scheduler'), await taskService('review'));
  const backends = new Backends({ internalToken: 'x', addresses });
  const catalog = new MethodCatalog();
  const context = {
    caller: undefined,
    requestId: 'r',
    traceparent: '',
    deadline: Date.now() + 60_000,
    signal: new AbortController().signal,
  };
  const request = GetTaskRequest.encode({ id: 't' }).finish();
  const ask = (method: string): Promise<Uint8Array> =>
    backends.unary(catalog.get(`heddle.v1.TaskService/${method}`), request, context);
  expect(Task.decode(await ask('GetTask')).id).toBe('scheduler');
  expect(Ranking.decode(await ask('GetRanking')).taskId).toBe('review');
  backends.close();
});
