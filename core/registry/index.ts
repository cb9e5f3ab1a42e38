/** Finds, validates and loads plugins and connectors, and runs connectors in their hosts (ARCHITECTURE D4, D5). */
export { ConnectorHost, type HostCall, type HostOperation } from './host.ts';
export { loadConnectors, packageRoot, type ConnectorSet } from './connectors.ts';
export { loadPlugins, type PluginSet } from './plugins.ts';
