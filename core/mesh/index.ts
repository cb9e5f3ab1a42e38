/**
 * The mesh: the only folder that names Moleculer and NATS. Each enabled connector version is a Moleculer service of that version;
 * with no transporter the services live in this process, with a NATS URL the same services answer over the bus (D2, D4).
 * Only envelopes cross it (at most 512 KB, no document bytes); retries belong to the journal, so a lost call costs nothing.
 */
export { createMesh, type Mesh, type MeshOptions } from './mesh.ts';
