/** Each way to start the engine gives Node what the first line of the executable does: memory depends on it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../core/registry/index.ts';

const read = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8');

describe('the ways to start the engine', () => {
  const [, variable = '', flags = ''] = /^#!\/usr\/bin\/env -S (\S+=\S+) node (--.+)$/m.exec(read('core/cli/main.ts')) ?? [];

  it('are the executable, with a variable and a flag of Node', () => expect([variable, flags]).to.not.include(''));
  it('and the unit of systemd', () => {
    const unit = read('config/passerelle.service');
    expect(unit).to.include(`Environment=${variable}\n`);
    expect(unit).to.include(`node ${flags} /`);
  });
  it('and npm start', () => expect((JSON.parse(read('package.json')) as { scripts: { start: string } }).scripts.start).to.include(`node ${flags} `));
});
