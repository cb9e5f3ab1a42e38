/** What an engine stands on, made to order and gone afterwards: a PostgreSQL cluster of its own, a disk that is slow to sync, a validator of PDF/A, a browser. Door of the folder. */
export { postgresFolder, startCluster, type Cluster } from './cluster.ts';
export { hasChromium, startChromium } from './chromium.ts';
export { hasPreflight, preflight } from './preflight.ts';
export { compiler, slowDisk } from './slow-disk.ts';
