import { join } from 'node:path';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  RunnerRegistryServiceService,
  type ReportRunnerRequest,
  type ReportRunnerResponse,
  type SteeringMessage,
} from '@heddle/contracts/internal';
import { createLogger } from '@heddle/platform/logging';
import { useTemporaryDirectories } from '@heddle/testing';
import { DrainOrder } from './drain-order.js';
import { RunnerReporter } from './runner-reporter.js';

const temporary = useTemporaryDirectories();

describe('the reports of a runner', () => {
  let scheduler: Server;
  let address: string;
  let order: DrainOrder;
  let drain: boolean;
  let states: string[];
  let taken: boolean[];
  let failedProbes: string[];
  let said: SteeringMessage[];
  let given: SteeringMessage[];
  const open: RunnerReporter[] = [];

  beforeEach(async () => {
    [drain, states, taken, failedProbes, said, given] = [false, [], [], [], [], []];
    order = new DrainOrder(join(await temporary('order'), 'draining'));
    scheduler = new Server();
    scheduler.addService(RunnerRegistryServiceService, {
      reportRunner: (
        call: ServerUnaryCall<ReportRunnerRequest, ReportRunnerResponse>,
        answer: sendUnaryData<ReportRunnerResponse>,
      ) => {
        states.push(call.request.state);
        answer(null, { leaseSeconds: 0, drain, steeringMessages: said });
      },
    });
    address = await new Promise<string>((resolve, reject) => {
      scheduler.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(`127.0.0.1:${String(port)}`);
        else reject(error);
      });
    });
  });
  afterEach(() => {
    for (const reporter of open.splice(0)) reporter.stop();
    scheduler.forceShutdown();
  });

  function reporter(schedulerAddress = address): RunnerReporter {
    const made = new RunnerReporter({
      runnerId: 'r',
      pool: 'p',
      version: '1',
      view: () => Promise.resolve({ slots: 1, used: 0, failedProbes }),
      schedulerAddress,
      internalToken: 't',
      samples: () => Promise.resolve([]),
      agentTools: () => undefined,
      steer: (messages) => {
        given.push(...messages);
        return Promise.resolve();
      },
      order,
      logger: createLogger('test', 'silent'),
      onDrain: (wanted) => {
        taken.push(wanted);
        return Promise.resolve();
      },
    });
    open.push(made);
    return made;
  }

  it('are answered with what agents are to be told meanwhile', async () => {
    const runner = reporter();
    await runner.report();
    expect(given).toEqual([]);
    said = [{ attemptId: 'a', fence: '2', turn: 1, number: 2, text: 'Not that file.' }];
    await runner.report();
    expect(given).toEqual(said);
  });

  it('are answered with the wish to drain, which is followed and told in the same breath', async () => {
    const runner = reporter();
    await runner.report();
    expect([states, taken]).toEqual([['ACTIVE'], []]);
    drain = true;
    await runner.report();
    expect([states, taken]).toEqual([['ACTIVE', 'ACTIVE', 'DRAINING'], [true]]);
    drain = false;
    await runner.report();
    expect([states.slice(3), taken]).toEqual([
      ['DRAINING', 'ACTIVE'],
      [true, false],
    ]);
  });

  it('leave the wish on disk: a runner that comes back without its scheduler takes nothing either', async () => {
    drain = true;
    await reporter().report();
    taken = [];
    const away = reporter('127.0.0.1:1');
    await away.start();
    await away.report();
    expect(taken).toEqual([true]);
    expect(await order.read()).toBe(true);
    drain = false;
    const back = reporter();
    await back.start();
    await back.report();
    expect([taken.at(-1), await order.read()]).toEqual([false, false]);
  });

  it('of one whose boundary fails say so, and it takes nothing whatever the scheduler wants', async () => {
    failedProbes = ['broken'];
    const runner = reporter();
    await runner.report();
    expect([states, taken]).toEqual([['REFUSING'], [true]]);
    drain = true;
    await runner.report();
    failedProbes = [];
    await runner.report();
    expect([states.at(-1), taken]).toEqual(['DRAINING', [true]]);
  });
});
