/**
 * Preloaded into an engine: at each SIGUSR2 its wall clock jumps to the offset (ms) that the file `PASSERELLE_FAULT_CLOCK` says; at the start too.
 * Timers are monotonic in a real jump as well, and stay as they are.
 */
import { readFileSync } from 'node:fs';

const file = process.env['PASSERELLE_FAULT_CLOCK'] ?? '';
const RealDate = Date;
let offset = 0;
const jump = (): void => {
  offset = Number(readFileSync(file, 'utf8'));
};
jump();
process.on('SIGUSR2', jump);

const now = (): number => RealDate.now() + offset;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given) => (given.length === 0 ? new target(now()) : Reflect.construct(target, given)),
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
});
