import { Writable } from 'node:stream';
import { expect } from 'chai';
import { PasserelleError } from '../../core/contract/index.ts';
import { createLogger, type LoggerOptions } from '../../core/telemetry/index.ts';

/** What the logger wrote, in the given form. */
function written(options: LoggerOptions, write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const stream = new Writable({ write: (chunk: Buffer, _, done) => ((text += chunk.toString()), done()) });
  const logger = createLogger({ ...options, stream });
  write(logger);
  logger.close();
  return text;
}

describe('threat: health data in the log', () => {
  it('policy: a line carries fields of the allow-list and nothing else, in text and in JSON', () => {
    for (const format of ['text', 'json'] as const) {
      const text = written({ format }, (logger) =>
        logger.warn('lane tripped', { lane: 'dx-out', delivery: 12, name: 'DUPONT', patient: { ins: '1' }, content: 'MSH|', path: ['PID'] }),
      );
      expect(text).to.contain('dx-out').and.to.contain('12');
      expect(text).not.to.match(/DUPONT|MSH|PID|ins/);
    }
  });

  it('an error gives its code and place; the sentence of a foreign error, which may quote a message, is dropped', () => {
    const ours = new PasserelleError('ERR_CONFIG_INVALID', { location: { file: 'a.yaml', line: 3 } });
    const text = written({ format: 'json' }, (logger) => {
      logger.error('refused', { error: ours });
      logger.error('failed', { error: new SyntaxError('Unexpected token in "PID|DUPONT"') });
    });
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).to.include({ code: 'ERR_CONFIG_INVALID', file: 'a.yaml', line: 3 });
    expect(second).to.include({ code: 'SyntaxError' });
    expect(text).not.to.contain('DUPONT');
  });

  it('a value cannot forge a line, nor fill the log', () => {
    const text = written({}, (logger) => logger.info('peer', { address: `10.0.0.1\n2026-01-01 error forged${'x'.repeat(1000)}` }));
    expect(text.trim().split('\n')).to.have.length(1);
    expect(text.length).to.be.lessThan(300);
  });

  it('nothing below the level is written, and the id of a message does not take the place of the sentence', () => {
    const text = written({ level: 'info' }, (logger) => {
      logger.debug('per message');
      logger.info('stored', { message: 'abcd-1' });
    });
    expect(text).to.contain('stored id=abcd-1').and.not.to.contain('per message');
  });
});
