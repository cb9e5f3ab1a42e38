/**
 * A product's own contextual call, read: the same steps in the engine, in the kit of a site and in `passerelle translate`. Captured requests taken apart, the
 * signature over the bytes before anything is parsed, the codec, the connector, the time.
 */
export { asCapture, type Captured } from './capture.ts';
export { looksLikeCall } from './recognise.ts';
export { readCall, type CallReading, type CallRequest } from './read.ts';
export { checkSignature } from './signature.ts';
export { checkTime, durationSeconds, skewOf } from './time.ts';
