// The door of the key-value store.

export * from "./requests.ts";
export { KvStore } from "./kv_store.ts";
export type { Applied, RevisionChanges } from "./kv_store.ts";
export type { KvHash } from "./kv_hash.ts";
export type { KvHistory, SnapshotRefusal } from "./kv_snapshot.ts";
export type { KvStoreState } from "./tables.ts";
export { LEASE_TTL_MAX } from "./lease_book.ts";
export type { Lease } from "./lease_book.ts";
export {
  refusalOfDeleteRange,
  refusalOfPut,
  refusalOfRange,
  refusalOfTxnRequest,
  TXN_OPS_MAX,
} from "./kv_checks.ts";
export { AUTO_WATCH_ID, RESPONSE_BYTES_MAX, RESPONSE_REVISIONS_MAX, WatchHub } from "./watch_hub.ts";
export type {
  WatchCreated,
  WatchEvent,
  WatchHubState,
  WatchId,
  WatchRequest,
  WatchResponse,
  WatchStreamId,
} from "./watch_hub.ts";
