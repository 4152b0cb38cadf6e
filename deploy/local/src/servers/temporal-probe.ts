import { Client, credentials } from '@grpc/grpc-js';

const METHOD = '/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace';
const DEADLINE_MS = 3_000;

/**
 * True when the server answers for the namespace: it listens before the namespace is there. The request is one string
 * field and the answer is not read, so no generated code is needed.
 */
export function describesNamespace(address: string, namespace: string): Promise<boolean> {
  const client = new Client(address, credentials.createInsecure());
  const name = Buffer.from(namespace, 'utf8');
  const request = Buffer.concat([Buffer.from([0x0a, name.length]), name]);
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      METHOD,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      request,
      { deadline: Date.now() + DEADLINE_MS },
      (error) => {
        client.close();
        resolve(error === null);
      },
    );
  });
}
