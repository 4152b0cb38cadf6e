import { describe, expect, it } from '@jest/globals';
import { requestContext } from '../context/request-context.js';
import { createLogger } from './create-logger.js';
import { NestLogger } from './nest-logger.js';

function capture(level = 'info') {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', level, {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { lines, logger };
}

describe('createLogger', () => {
  it('adds the ids of the context a line was written in', () => {
    const { lines, logger } = capture();
    requestContext.run(
      {
        requestId: 'r',
        principal: 'ann',
        role: 'VIEWER',
        traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        attemptId: 'at',
      },
      () => logger.info('hello'),
    );
    logger.info('alone');
    expect(lines[0]).toMatchObject({
      service: 'test',
      level: 'info',
      msg: 'hello',
      requestId: 'r',
      principal: 'ann',
      traceId: 'a'.repeat(32),
      attemptId: 'at',
    });
    expect(lines[1]).not.toHaveProperty('requestId');
  });

  it('never writes secrets', () => {
    const { lines, logger } = capture();
    logger.info({ token: 'hush', config: { password: 'hush' } }, 'x');
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  it('keeps the stack and the cause of an error', () => {
    const { lines, logger } = capture();
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'x');
    expect(JSON.stringify(lines[0])).toMatch(/outer.*inner/);
  });
});

describe('NestLogger', () => {
  it('lowers start-up lines and keeps errors', () => {
    const { lines, logger } = capture();
    const nest = new NestLogger(logger);
    nest.log('Mapped route', 'RouterExplorer');
    nest.error('broke', 'the stack', 'Context');
    nest.error(new Error('thrown'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ level: 'error', msg: 'broke', context: 'Context', stack: 'the stack' });
    expect(lines[1]).toMatchObject({ msg: 'thrown' });
  });
});
