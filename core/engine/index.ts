/** Puts the parts together: the only folder that knows all of core. Starts, stops, applies settings, shows itself as `EngineFace`. */
export { Engine, type EngineOptions } from './engine.ts';
export { startConnectorNode } from './connector-node.ts';
