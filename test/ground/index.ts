/** What an engine stands on, made to order and gone afterwards: a PostgreSQL cluster of its own, a disk that is slow to sync. Door of the folder. */
export { postgresFolder, startCluster, type Cluster } from './cluster.ts';
export { compiler, slowDisk } from './slow-disk.ts';
