// The door of core/backend: etcd's own files, in and out.

export { runToEnd } from "./bbolt_writer.ts";
export type { ByteSource, Steps } from "./bbolt_writer.ts";
export { decodeBackend, encodeBackend, planBackend } from "./etcd_backend.ts";
export type { BackendState } from "./etcd_backend.ts";
export { holdsEtcdData, importedDisk, readEtcdDir } from "./etcd_dir.ts";
export type { EtcdMember } from "./etcd_dir.ts";
export { restoredDisk } from "./restored_log.ts";
export type { RestoreTarget } from "./restored_log.ts";
export { encodeSnapshotFile, hashOfSnapshot, planSnapshotFile, readSnapshotFile } from "./snapshot_file.ts";
export type { SnapshotHash, SnapshotReadOptions } from "./snapshot_file.ts";
export { snapshotStatus } from "./snapshot_status.ts";
export type { SnapshotStatus } from "./snapshot_status.ts";
export { isTrouble } from "./trouble.ts";
export type { Trouble } from "./trouble.ts";
